"""The simulated exchange: all exchanges' routes in one app; their paths do not meet."""

from fastapi import FastAPI, Request
from fastapi.exceptions import HTTPException
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from nija_plugins.venue import control
from nija_plugins.venue.broken import BrokenConnection
from nija_plugins.venue.coinbase import private as coinbase_private
from nija_plugins.venue.coinbase import public as coinbase
from nija_plugins.venue.coinbase.signed import Unauthorized, unauthorized
from nija_plugins.venue.kraken import futures as kraken_futures
from nija_plugins.venue.kraken import private as kraken_private
from nija_plugins.venue.kraken import public as kraken
from nija_plugins.venue.listings import LISTED
from nija_plugins.venue.market.candles import CandleSource
from nija_plugins.venue.quotes import Clock, Quotes, wall_clock
from nija_plugins.venue.venue import Venue


def build_app(market: CandleSource | Venue, clock: Clock = wall_clock) -> FastAPI:
    """The app that serves `market` as of the time `clock` tells.

    Candles alone make an exchange to look at. A `Venue`, which brings its own clock, has accounts
    a private side and a `/control` as well.
    """
    venue = market if isinstance(market, Venue) else None
    if isinstance(market, Venue):
        quotes = market.quotes
    else:
        quotes = {name: Quotes(rules, market, clock) for name, rules in LISTED.items()}
    app = FastAPI(title="NIJA simulated exchange", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(coinbase.router(quotes["coinbase"]))
    app.include_router(kraken.router(quotes["kraken"]))
    app.include_router(kraken_futures.router(quotes["krakenfutures"]))
    if venue:
        app.include_router(coinbase_private.router(venue))
        app.include_router(kraken_private.router(venue))
        app.include_router(control.router(venue))
        app.add_middleware(BrokenConnection, faults=venue.faults)

    app.add_middleware(_OneSlash)

    @app.exception_handler(HTTPException)
    async def refuse(_request: Request, error: HTTPException) -> JSONResponse:
        # The exchanges send their error object bare, without FastAPI's "detail" around it.
        return JSONResponse(error.detail, status_code=error.status_code)

    @app.exception_handler(Unauthorized)
    async def stranger(_request: Request, _error: Exception) -> PlainTextResponse:
        return unauthorized()

    @app.get("/{path:path}")
    def unknown(path: str) -> JSONResponse:
        why = f"the simulated exchange has no /{path}"
        return JSONResponse({"error": "NOT_FOUND", "error_description": why}, status_code=404)

    return app


class _OneSlash:
    """`//0/public/Time` as `/0/public/Time`: ccxt joins a base address and a path with a slash for
    one exchange and without for another, and one address must do for both."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path", "").startswith("//"):
            scope = {**scope, "path": scope["path"][1:], "raw_path": scope["raw_path"][1:]}
        await self._app(scope, receive, send)
