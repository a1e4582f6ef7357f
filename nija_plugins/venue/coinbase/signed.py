"""Who signed a request to Coinbase's private REST, and what the exchange says to strangers."""

from collections.abc import Awaitable, Callable

from fastapi import HTTPException, Request
from fastapi.responses import PlainTextResponse

from nija_plugins.venue.coinbase.keys import claimed_key, verified
from nija_plugins.venue.names import coinbase_name
from nija_plugins.venue.venue import Venue

Signer = Callable[[Request], Awaitable[str]]
"""A dependency that gives the key of the account behind a request."""


class Unauthorized(Exception):
    """Nobody the exchange knows."""


def unauthorized() -> PlainTextResponse:
    """What the exchange says to strangers."""
    return PlainTextResponse("Unauthorized\n", 401)


def signer(venue: Venue) -> Signer:
    """The dependency for `venue`. It raises Unauthorized, and brings the books up to now."""

    async def signed(request: Request) -> str:
        """The key of the account that signed this request. Raises Unauthorized."""
        body = (await request.body()).decode("utf-8", "replace")
        path, query = request.url.path, request.url.query
        if path.startswith("/v2/") and query:
            body = f"?{query}"
        key = claimed_key(request.headers)
        with venue.exchange("coinbase") as exchange:
            account = exchange.account(key) if key else None
            if account is None or not verified(
                request.headers,
                request.method,
                path,
                body,
                key=account.key,
                secret=account.secret,
                now=venue.clock(),
            ):
                raise Unauthorized
            exchange.look()
            return account.key

    return signed


def user_id(key: str) -> str:
    """The id of the account's only portfolio."""
    return coinbase_name(f"user {key}", 0)


def not_found(why: str) -> HTTPException:
    """404 as Coinbase words it."""
    return HTTPException(404, {"error": "unknown", "error_details": why, "message": why})
