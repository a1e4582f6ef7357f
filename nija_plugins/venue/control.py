"""The venue's other side, for a test or a replay in another process: `/control`, loopback only.

Numbers are texts, times are ISO 8601 in UTC. What `Venue` refuses with ValueError is a 400 with the
reason.
"""

from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request

from nija_plugins.venue.coinbase.keys import KeyKind
from nija_plugins.venue.faults import Rule
from nija_plugins.venue.orders import Fill, Order
from nija_plugins.venue.venue import Books, Venue

LOOPBACK = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class NewAccount:
    """Body of POST /control/accounts."""

    exchange: str
    name: str = "bot"
    kind: KeyKind = KeyKind.ECDSA
    may_withdraw: bool = False
    balances: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Transfer:
    """Body of POST /control/transfers; a negative `amount` leaves the account."""

    key: str
    currency: str
    amount: str


@dataclass(frozen=True, slots=True)
class Ahead:
    """Body of POST /control/clock: how far the exchanges' clock goes ahead (negative: behind)."""

    seconds: float


def local(request: Request) -> None:
    """Raises 403 for whoever is not on this machine."""
    if request.client is None or request.client.host not in LOOPBACK:
        raise HTTPException(403, {"error": "the control routes are for loopback only"})


def router(venue: Venue) -> APIRouter:
    """The routes below `/control`."""
    routes = APIRouter(prefix="/control", dependencies=[Depends(local)])

    @routes.get("/accounts")
    def accounts() -> list[dict[str, str]]:
        return [{"exchange": name, "key": key} for key, name in venue.accounts.items()]

    @routes.post("/accounts")
    def open_account(wanted: NewAccount) -> dict[str, str]:
        try:
            credentials = venue.open_account(
                wanted.exchange,
                wanted.name,
                kind=wanted.kind,
                may_withdraw=wanted.may_withdraw,
                **wanted.balances,
            )
        except ValueError as error:
            raise _refusal(error) from None
        return asdict(credentials)

    @routes.post("/transfers")
    def transfer(wanted: Transfer) -> dict[str, Any]:
        try:
            venue.deposit(wanted.key, wanted.currency, wanted.amount)
        except ValueError as error:
            raise _refusal(error) from None
        return as_json(venue.books(wanted.key))

    @routes.get("/books")
    def books(key: str) -> dict[str, Any]:
        try:
            return as_json(venue.books(key))
        except ValueError as error:
            raise _refusal(error) from None

    @routes.get("/faults")
    def happened() -> dict[str, Any]:
        return {"happened": venue.faults.happened, "calls": venue.faults.calls}

    @routes.post("/faults")
    def add_fault(rule: Rule) -> dict[str, Any]:
        return asdict(venue.faults.add_rule(rule))

    @routes.delete("/faults")
    def clear_faults() -> dict[str, Any]:
        venue.faults.clear()
        return {}

    @routes.get("/clock")
    def clock() -> dict[str, Any]:
        return {"time": venue.clock().isoformat(), "ahead": venue.ahead.total_seconds()}

    @routes.post("/clock")
    def set_clock(wanted: Ahead) -> dict[str, Any]:
        venue.ahead = timedelta(seconds=wanted.seconds)
        return clock()

    @routes.post("/reset")
    def reset() -> dict[str, Any]:
        venue.reset()
        return {}

    return routes


def as_json(books: Books) -> dict[str, Any]:
    """An account's books as JSON."""
    return {
        "balances": {
            name: {"total": str(one.total), "free": str(one.free), "used": str(one.used)}
            for name, one in books.balances.items()
        },
        "orders": [_order(order) for order in books.orders],
        "fills": [_fill(fill) for fill in books.fills],
    }


def _order(order: Order) -> dict[str, Any]:
    ticket = order.ticket
    return {
        "id": order.id,
        "client_id": ticket.client_id,
        "pair": ticket.pair,
        "side": ticket.side,
        "kind": ticket.kind,
        "amount": _text(ticket.amount),
        "limit": _text(ticket.limit),
        "stop": _text(ticket.stop),
        "status": order.status,
        "filled": str(order.filled),
        "cost": str(order.cost),
        "fee": str(order.fee),
        "opened": order.opened.isoformat(),
        "closed": order.closed.isoformat() if order.closed else None,
        "why": order.why,
    }


def _fill(fill: Fill) -> dict[str, Any]:
    return {
        "id": fill.id,
        "order": fill.order_id,
        "pair": fill.pair,
        "side": fill.side,
        "time": fill.time.isoformat(),
        "price": str(fill.price),
        "amount": str(fill.amount),
        "fee": str(fill.fee),
        "maker": fill.maker,
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _refusal(error: ValueError) -> HTTPException:
    return HTTPException(400, {"error": str(error)})
