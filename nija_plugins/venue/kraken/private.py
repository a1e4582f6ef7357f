"""Kraken's private REST, as far as ccxt and freqtrade call it.

Every request is a signed POST. Answers have status 200, errors included.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request

from nija_plugins.venue.broken import FLAW
from nija_plugins.venue.exchange import Flaw, SimulatedExchange
from nija_plugins.venue.faults import Fault, Rule
from nija_plugins.venue.kraken.public import ALTNAMES, ASSET_IDS, altname
from nija_plugins.venue.kraken.shown import cut, order_shown, sentence, trade_shown
from nija_plugins.venue.listings import Listing
from nija_plugins.venue.orders import (
    Kind,
    Lifetime,
    Order,
    Reason,
    Refused,
    Side,
    Ticket,
)
from nija_plugins.venue.venue import Venue

PAGE = 50
"""Orders or trades in one answer."""
Params = Mapping[str, str]

ERRORS: Mapping[Reason, str] = {
    Reason.UNKNOWN_PAIR: "EQuery:Unknown asset pair",
    Reason.UNSUPPORTED: "EGeneral:Invalid arguments:ordertype",
    Reason.BAD_AMOUNT: "EGeneral:Invalid arguments:volume",
    Reason.BAD_PRICE: "EOrder:Invalid price:Invalid price argument",
    Reason.BELOW_MINIMUM_AMOUNT: "EOrder:Order minimum not met",
    Reason.BELOW_MINIMUM_COST: "EOrder:Cost minimum not met",
    Reason.INSUFFICIENT_FUNDS: "EOrder:Insufficient funds",
    Reason.WOULD_TAKE: "EOrder:Post only order",
    Reason.UNKNOWN_ORDER: "EOrder:Unknown order",
    Reason.STOP_PASSED: "EOrder:Invalid price:Invalid price argument",
}


class Answered(Exception):
    """The request ends here, with this error."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


def router(venue: Venue) -> APIRouter:
    """The routes below `/0/private`."""
    routes = APIRouter(prefix="/0/private")

    @routes.post("/{method}")
    async def private(method: str, request: Request) -> dict[str, Any]:
        body = await request.body()
        rule: Rule | None = request.scope.get(FLAW)
        with venue.exchange("kraken") as exchange:
            try:
                key, params = _authenticated(exchange, request, body)
                if method not in METHODS:
                    raise Answered("EGeneral:Unknown method")
                exchange.look()
                result = METHODS[method](exchange, key, params, rule)
            except Refused as refused:
                return {"error": [ERRORS[refused.reason]]}
            except Answered as answered:
                return {"error": [answered.error]}
        return {"error": [], "result": result}

    return routes


def _authenticated(
    exchange: SimulatedExchange, request: Request, body: bytes
) -> tuple[str, Params]:
    """The account's key and the request's parameters. Raises Answered for anyone else."""
    key = request.headers.get("API-Key", "")
    account = exchange.account(key)
    if account is None:
        raise Answered("EAPI:Invalid key")
    params = _parameters(request, body)
    nonce = params.get("nonce", "")
    given = request.headers.get("API-Sign", "")
    if not hmac.compare_digest(given, signature(request.url.path, nonce, body, account.secret)):
        raise Answered("EAPI:Invalid signature")
    number = int(nonce) if nonce.isascii() and nonce.isdigit() else -1
    if not exchange.advance_nonce(key, number):
        raise Answered("EAPI:Invalid nonce")
    return key, params


def signature(path: str, nonce: str, body: bytes, secret: str) -> str:
    """What `API-Sign` must be: HMAC-SHA512 over the path and SHA256(nonce + body)."""
    try:
        private = base64.b64decode(secret)
    except binascii.Error:
        return ""
    message = path.encode() + hashlib.sha256(nonce.encode() + body).digest()
    return base64.b64encode(hmac.new(private, message, hashlib.sha512).digest()).decode()


def _parameters(request: Request, body: bytes) -> Params:
    """The body's fields as text; JSON and forms say the same."""
    text = body.decode("utf-8", "replace")
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            fields = json.loads(text)
        except ValueError:
            fields = None
        if not isinstance(fields, dict):
            raise Answered("EGeneral:Invalid arguments")
        return {name: _text(value) for name, value in fields.items()}
    return dict(parse_qsl(text, keep_blank_values=True))


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


# -- balances


def _balance(exchange: SimulatedExchange, key: str, _params: Params, rule: Rule | None) -> Any:
    balances = _balances(exchange, key, rule)
    return {ASSET_IDS.get(name, name): _money(name, one.total) for name, one in balances.items()}


def _balance_ex(exchange: SimulatedExchange, key: str, _params: Params, rule: Rule | None) -> Any:
    return {
        ASSET_IDS.get(name, name): {
            "balance": _money(name, one.total),
            "hold_trade": _money(name, one.used),
        }
        for name, one in _balances(exchange, key, rule).items()
    }


def _balances(exchange: SimulatedExchange, key: str, rule: Rule | None) -> Any:
    stale = rule is not None and rule.fault is Fault.STALE_BALANCE
    return exchange.earlier_statement(key) if stale else exchange.statement(key)


def _money(currency: str, amount: Decimal) -> str:
    """Kraken prints four decimals of a dollar and ten of a coin, and never too much."""
    return cut(amount, 4 if currency == "USD" else 10)


def _trade_volume(
    exchange: SimulatedExchange, _key: str, params: Params, _rule: Rule | None
) -> Any:
    rules = exchange.rules

    def step(rate: Decimal) -> dict[str, Any]:
        fee = f"{rate * 100:.4f}"
        limits = {"fee": fee, "minfee": fee, "maxfee": fee}
        return limits | {"nextfee": None, "tiervolume": "0.0000", "nextvolume": None}

    wanted = [_listing(exchange, one) for one in params.get("pair", "").split(",") if one]
    return {
        "currency": "ZUSD",
        "volume": "0.0000",
        "fees": {one.id: step(rules.taker) for one in wanted},
        "fees_maker": {one.id: step(rules.maker) for one in wanted},
    }


# -- orders


def _add_order(exchange: SimulatedExchange, key: str, params: Params, rule: Rule | None) -> Any:
    listing = _listing(exchange, params.get("pair", ""))
    ticket = _ticket(exchange, listing, params)
    open_orders = [order for order in exchange.orders(key) if order.open]
    name = params.get("cl_ord_id")
    if name and any(order.ticket.client_id == name for order in open_orders):
        raise Answered("EGeneral:Invalid arguments:cl_ord_id")
    flaw = None
    if rule is not None and rule.fault in (Fault.PARTIAL, Fault.PARTIAL_CANCELED):
        flaw = Flaw(Decimal(rule.share), rule.fault is Fault.PARTIAL_CANCELED)
    order = exchange.submit(key, ticket, flaw)
    return {"descr": {"order": sentence(order, listing)}, "txid": [order.id]}


def _ticket(exchange: SimulatedExchange, listing: Listing, params: Params) -> Ticket:
    """The order that the parameters describe. Raises Answered and Refused where they do not."""
    if params.get("type") not in ("buy", "sell"):
        raise Answered("EGeneral:Invalid arguments:type")
    side, what = Side(params["type"]), params.get("ordertype", "")
    flags = params.get("oflags", "").split(",")
    if what not in (
        *("market", "limit", "stop-loss", "stop-loss-limit"),
        *("take-profit", "take-profit-limit"),
    ) or params.get("leverage", "none") not in ("none", "", "1"):
        raise Refused(Reason.UNSUPPORTED)
    volume = _number(params, "volume", Reason.BAD_AMOUNT)
    triggered = what.startswith(("stop-loss", "take-profit"))
    limit = None
    if what.endswith("limit"):
        limit = _number(params, "price2" if triggered else "price", Reason.BAD_PRICE)
    by_cost = "viqc" in flags
    try:
        lifetime = Lifetime(params.get("timeinforce") or "GTC")
    except ValueError:
        raise Answered("EGeneral:Invalid arguments:timeinforce") from None
    return Ticket(
        pair=listing.pair,
        side=side,
        kind=Kind.LIMIT if what.endswith("limit") else Kind.MARKET,
        amount=None if by_cost else volume,
        # Kraken takes the fee on top of the volume in quote currency.
        cost=volume * (1 + exchange.rules.taker) if by_cost else None,
        limit=limit,
        stop=_number(params, "price", Reason.BAD_PRICE) if triggered else None,
        stop_up=triggered and (side is Side.BUY) == what.startswith("stop-loss"),
        post_only="post" in flags,
        lifetime=lifetime,
        client_id=params.get("cl_ord_id") or params.get("userref") or None,
    )


def _number(params: Params, name: str, refusal: Reason) -> Decimal:
    try:
        return Decimal(params.get(name, ""))
    except InvalidOperation:
        raise Refused(refusal) from None


def _cancel_order(exchange: SimulatedExchange, key: str, params: Params, _rule: Rule | None) -> Any:
    wanted = params.get("txid") or params.get("cl_ord_id") or ""
    found = [
        order
        for order in exchange.orders(key)
        if order.open and wanted in (order.id, order.ticket.client_id)
    ]
    if not wanted or not found:
        raise Refused(Reason.UNKNOWN_ORDER)
    for order in found:
        exchange.cancel(key, order.id)
    return {"count": len(found)}


def _cancel_all(exchange: SimulatedExchange, key: str, _params: Params, _rule: Rule | None) -> Any:
    found = [order for order in exchange.orders(key) if order.open]
    for order in found:
        exchange.cancel(key, order.id)
    return {"count": len(found)}


def _query_orders(exchange: SimulatedExchange, key: str, params: Params, _rule: Rule | None) -> Any:
    found = {}
    for order_id in params.get("txid", "").split(","):
        order = exchange.order(key, order_id)
        if order is None:
            raise Answered("EOrder:Invalid order")
        found[order.id] = order_shown(exchange, order, trades=_yes(params, "trades"))
    return found


def _open_orders(exchange: SimulatedExchange, key: str, params: Params, _rule: Rule | None) -> Any:
    return {
        "open": {
            order.id: order_shown(exchange, order, trades=_yes(params, "trades"))
            for order in reversed(exchange.orders(key))
            if order.open and _named(order, params)
        }
    }


def _closed_orders(
    exchange: SimulatedExchange, key: str, params: Params, _rule: Rule | None
) -> Any:
    closed = [
        order
        for order in reversed(exchange.orders(key))
        if order.closed and _named(order, params) and _within(order.closed, params)
    ]
    first = int(params.get("ofs") or 0)
    return {
        "closed": {
            order.id: order_shown(exchange, order, trades=_yes(params, "trades"))
            for order in closed[first : first + PAGE]
        },
        "count": len(closed),
    }


def _named(order: Order, params: Params) -> bool:
    wanted = params.get("cl_ord_id") or params.get("userref")
    return not wanted or order.ticket.client_id == wanted


def _within(moment: datetime, params: Params) -> bool:
    """`start` is exclusive, `end` inclusive, both in seconds."""
    stamp = moment.timestamp()
    return float(params.get("start") or 0) < stamp <= float(params.get("end") or "inf")


def _yes(params: Params, name: str) -> bool:
    return params.get(name, "").lower() in ("true", "1")


# -- trades


def _trades_history(
    exchange: SimulatedExchange, key: str, params: Params, _rule: Rule | None
) -> Any:
    fills = [
        (order, fill)
        for order in exchange.orders(key)
        for fill in order.fills
        if _within(fill.time, params)
    ]
    fills.sort(key=lambda one: (one[1].time, one[1].number), reverse=True)
    first = int(params.get("ofs") or 0)
    return {
        "trades": {
            fill.id: trade_shown(exchange, order, fill)
            for order, fill in fills[first : first + PAGE]
        },
        "count": len(fills),
    }


def _query_trades(exchange: SimulatedExchange, key: str, params: Params, _rule: Rule | None) -> Any:
    known = {fill.id: (order, fill) for order in exchange.orders(key) for fill in order.fills}
    wanted = [one for one in params.get("txid", "").split(",") if one]
    if not wanted or any(one not in known for one in wanted):
        raise Answered("EQuery:Unknown trade")
    return {one: trade_shown(exchange, *known[one]) for one in wanted}


def _listing(exchange: SimulatedExchange, name: str) -> Listing:
    for one in exchange.quotes.listings():
        if name in (one.id, altname(one), f"{ALTNAMES[one.base]}/{ALTNAMES[one.quote]}"):
            return one
    raise Refused(Reason.UNKNOWN_PAIR)


def _key_info(
    exchange: SimulatedExchange, key: str, _params: Params, _rule: Rule | None
) -> dict[str, Any]:
    account = exchange.account(key)
    rights = ["query-funds", "query-open-trades", "query-closed-trades", "modify-trades"]
    if account and account.may_withdraw:
        rights.append("withdraw-funds")
    return {"api_key_name": "bot", "permissions": rights}


METHODS: Mapping[str, Callable[[SimulatedExchange, str, Params, Rule | None], Any]] = {
    "Balance": _balance,
    "BalanceEx": _balance_ex,
    "TradeVolume": _trade_volume,
    "AddOrder": _add_order,
    "CancelOrder": _cancel_order,
    "CancelAll": _cancel_all,
    "QueryOrders": _query_orders,
    "OpenOrders": _open_orders,
    "ClosedOrders": _closed_orders,
    "TradesHistory": _trades_history,
    "QueryTrades": _query_trades,
    "GetApiKeyInfo": _key_info,
}
