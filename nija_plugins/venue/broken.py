"""The faults of `faults`, made: a layer between the server and the exchange's routes."""

import asyncio
import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nija_plugins.venue.faults import OF_BALANCES, OF_CANDLES, OF_ORDERS, Fault, Faults, Rule

FLAW = "nija.venue.rule"
"""Where a request's scope carries the rule that the exchange itself must follow."""

_BY_EXCHANGE = (*OF_ORDERS, *OF_BALANCES, *OF_CANDLES)
_PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


class BrokenConnection:
    """ASGI middleware that lets `faults` befall the requests that pass."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self.app = app
        self.faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        rule = None
        if scope["type"] == "http":
            rule = self.faults.strike(scope["method"], scope["path"])
        if rule is None:
            await self.app(scope, receive, send)
            return
        if rule.fault in _BY_EXCHANGE:
            await self.app({**scope, FLAW: rule}, receive, send)
            return
        refusal = _refusal(rule, scope["path"])
        if refusal is not None:
            await _read(receive)
            await _answer(send, *refusal)
            return
        if rule.fault is Fault.LOST_REQUEST:
            await _read(receive)
            await _silence(receive)
            return
        await self._after(rule, scope, receive, send)

    async def _after(self, rule: Rule, scope: Scope, receive: Receive, send: Send) -> None:
        """Faults that come when the exchange has done its part."""
        answer = _Kept()
        await self.app(scope, receive, answer.send)
        if rule.fault is Fault.LOST_ANSWER:
            await _silence(receive)
        elif rule.fault is Fault.ERROR_AFTER:
            await _answer(send, 502, "text/html", _PAGE)
        elif rule.fault is Fault.HALF_JSON:
            await _answer(send, 200, "application/json", answer.body[: len(answer.body) // 2])
        elif rule.fault is Fault.DROPPED:
            await send(answer.start)
            half = answer.body[: len(answer.body) // 2]
            # The server closes the connection when nothing follows what was promised.
            await send({"type": "http.response.body", "body": half, "more_body": True})
        else:
            await asyncio.sleep(rule.seconds)
            await send(answer.start)
            await send({"type": "http.response.body", "body": answer.body})


class _Kept:
    """Takes an answer instead of the client."""

    def __init__(self) -> None:
        self.start: Message = {}
        self.body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")


def _refusal(rule: Rule, path: str) -> tuple[int, str, bytes] | None:
    """Status, content type and body of what the exchange says instead of doing anything."""
    if rule.fault is Fault.SERVER_ERROR:
        return 502, "text/html", _PAGE
    kraken = path.startswith("/0/")
    if rule.fault in (Fault.UNAVAILABLE, Fault.MAINTENANCE) and not kraken:
        return 503, "text/plain", b"Service Unavailable"
    adding = path.endswith("/AddOrder")
    if rule.fault is Fault.MAINTENANCE and not adding:
        return 503, "application/json", json.dumps({"error": ["EService:Unavailable"]}).encode()
    said: dict[Fault, tuple[str, int, dict[str, Any]]] = {
        Fault.RATE_LIMIT: (
            "EOrder:Rate limit exceeded" if adding else "EAPI:Rate limit exceeded",
            429,
            {"errors": [{"id": "rate_limit_exceeded", "message": "Too many requests"}]},
        ),
        Fault.UNAVAILABLE: ("EService:Unavailable", 503, {}),
        Fault.MAINTENANCE: ("EService:Market in cancel_only mode", 503, {}),
        Fault.INVALID_NONCE: (
            "EAPI:Invalid nonce",
            401,
            {"errors": [{"id": "authentication_error", "message": "request timestamp expired"}]},
        ),
    }
    if rule.fault not in said:
        return None
    error, status, body = said[rule.fault]
    answer = {"error": [error]} if kraken else body
    return 200 if kraken else status, "application/json", json.dumps(answer).encode()


async def _read(receive: Receive) -> None:
    """Takes the whole request, so that the client is done sending."""
    while (await receive()).get("more_body", False):
        pass


async def _silence(receive: Receive) -> None:
    """Waits until the client has given up."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(send: Send, status: int, kind: str, body: bytes) -> None:
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
