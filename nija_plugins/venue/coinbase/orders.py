"""Coinbase's words for orders and fills: what a request asks for, what an answer says.

Shapes and names follow the Advanced Trade API.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Any

from nija_plugins.venue.coinbase.public import iso
from nija_plugins.venue.listings import Listing
from nija_plugins.venue.orders import (
    ZERO,
    Fill,
    Kind,
    Lifetime,
    Order,
    Reason,
    Refused,
    Side,
    Status,
    Ticket,
)

REFUSALS: Mapping[Reason, tuple[str, str]] = {
    Reason.UNKNOWN_PAIR: ("INVALID_ARGUMENT", "UNKNOWN_PREVIEW_FAILURE_REASON"),
    Reason.UNSUPPORTED: ("UNSUPPORTED_ORDER_CONFIGURATION", "UNKNOWN_PREVIEW_FAILURE_REASON"),
    Reason.BAD_AMOUNT: ("INVALID_SIZE_PRECISION", "PREVIEW_INVALID_SIZE_PRECISION"),
    Reason.BAD_PRICE: ("INVALID_PRICE_PRECISION", "PREVIEW_INVALID_PRICE_PRECISION"),
    Reason.BELOW_MINIMUM_AMOUNT: (
        "UNKNOWN_FAILURE_REASON",
        "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL",
    ),
    Reason.BELOW_MINIMUM_COST: ("UNKNOWN_FAILURE_REASON", "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL"),
    Reason.INSUFFICIENT_FUNDS: ("INSUFFICIENT_FUND", "PREVIEW_INSUFFICIENT_FUND"),
    Reason.WOULD_TAKE: (
        "INVALID_LIMIT_PRICE_POST_ONLY",
        "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY",
    ),
    Reason.UNKNOWN_ORDER: ("UNKNOWN_CANCEL_ORDER", "UNKNOWN_PREVIEW_FAILURE_REASON"),
    Reason.STOP_PASSED: ("UNKNOWN_FAILURE_REASON", "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE"),
}
"""`error` and `preview_failure_reason` of each refusal."""

_LIFETIMES = {
    Lifetime.UNTIL_CANCELED: "GOOD_UNTIL_CANCELLED",
    Lifetime.IMMEDIATE: "IMMEDIATE_OR_CANCEL",
    Lifetime.ALL_OR_NOTHING: "FILL_OR_KILL",
}
_LIMITS = {
    "limit_limit_gtc": Lifetime.UNTIL_CANCELED,
    "limit_limit_gtd": Lifetime.UNTIL_CANCELED,
    "sor_limit_ioc": Lifetime.IMMEDIATE,
    "limit_limit_fok": Lifetime.ALL_OR_NOTHING,
}
_STOPS = ("stop_limit_stop_limit_gtc", "stop_limit_stop_limit_gtd")


def ticket(pair: str, request: Mapping[str, Any]) -> Ticket:
    """The order that a request's body describes. Raises Refused where it describes none."""
    configurations = request.get("order_configuration")
    if not isinstance(configurations, dict) or len(configurations) != 1:
        raise Refused(Reason.UNSUPPORTED)
    ((name, said),) = configurations.items()
    if request.get("side") not in ("BUY", "SELL") or not isinstance(said, dict):
        raise Refused(Reason.UNSUPPORTED)
    side, client = Side(request["side"].lower()), str(request.get("client_order_id") or "") or None
    amount = _number(said, "base_size", Reason.BAD_AMOUNT)
    if name == "market_market_ioc":
        cost = _number(said, "quote_size", Reason.BAD_AMOUNT)
        return Ticket(
            pair, side, Kind.MARKET, amount, None if amount is not None else cost, client_id=client
        )
    limit = _number(said, "limit_price", Reason.BAD_PRICE)
    expires = datetime.fromisoformat(said["end_time"]) if said.get("end_time") else None
    if name in _LIMITS:
        return Ticket(
            pair,
            side,
            Kind.LIMIT,
            amount,
            limit=limit,
            post_only=said.get("post_only") is True,
            lifetime=_LIMITS[name],
            expires=expires,
            client_id=client,
        )
    if name in _STOPS:
        stop = _number(said, "stop_price", Reason.BAD_PRICE)
        if stop is None:
            raise Refused(Reason.BAD_PRICE)
        return Ticket(
            pair,
            side,
            Kind.LIMIT,
            amount,
            limit=limit,
            stop=stop,
            stop_up=said.get("stop_direction") == "STOP_DIRECTION_STOP_UP",
            expires=expires,
            client_id=client,
        )
    raise Refused(Reason.UNSUPPORTED)


def _number(said: Mapping[str, Any], name: str, refusal: Reason) -> Decimal | None:
    if said.get(name) in (None, ""):
        return None
    try:
        return Decimal(str(said[name]))
    except InvalidOperation:
        raise Refused(refusal) from None


def status(order: Order) -> str:
    """`OPEN`, `FILLED`, `CANCELLED` or `EXPIRED`."""
    if order.status is Status.OPEN:
        return "OPEN"
    if order.status is Status.FILLED:
        return "FILLED"
    return "EXPIRED" if order.why == "expired" else "CANCELLED"


def shown(order: Order, listing: Listing, user: str) -> dict[str, Any]:
    """One order as the exchange lists it; `user` is the account's id."""
    ticket = order.ticket
    wanted = ticket.amount or order.filled
    sign = 1 if ticket.side is Side.BUY else -1
    kind = "MARKET" if ticket.kind is Kind.MARKET else "LIMIT"
    asleep = "STOP_PENDING" if not order.working else "STOP_TRIGGERED"
    return {
        "order_id": order.id,
        "product_id": listing.id,
        "user_id": user,
        "order_configuration": _configuration(ticket),
        "side": ticket.side.value.upper(),
        "client_order_id": ticket.client_id or "",
        "status": status(order),
        "time_in_force": _lifetime(ticket),
        "created_time": iso(order.opened),
        "completion_percentage": text(order.filled / wanted * 100 if wanted else ZERO, 2),
        "filled_size": text(order.filled, 8),
        "average_filled_price": text(order.average, 16),
        "fee": "",
        "number_of_fills": str(len(order.fills)),
        "filled_value": text(order.cost, 16),
        "pending_cancel": False,
        "size_in_quote": ticket.amount is None,
        "total_fees": text(order.fee, 16),
        "size_inclusive_of_fees": ticket.amount is None,
        "total_value_after_fees": text(order.cost + sign * order.fee, 16),
        "trigger_status": asleep if ticket.stop is not None else "INVALID_ORDER_TYPE",
        "order_type": "STOP_LIMIT" if ticket.stop is not None else kind,
        "reject_reason": "REJECT_REASON_UNSPECIFIED",
        "settled": not order.open,
        "product_type": "SPOT",
        "reject_message": "",
        "cancel_message": order.why if order.status is Status.CANCELED else "",
        "order_placement_source": "RETAIL_ADVANCED",
        "outstanding_hold_amount": text(order.remaining if order.open else ZERO, 8),
        "last_fill_time": iso(order.fills[-1].time) if order.fills else None,
    }


def _lifetime(ticket: Ticket) -> str:
    if ticket.kind is Kind.MARKET:
        return "IMMEDIATE_OR_CANCEL"
    return "GOOD_UNTIL_DATE_TIME" if ticket.expires else _LIFETIMES[ticket.lifetime]


def _configuration(ticket: Ticket) -> dict[str, Any]:
    if ticket.kind is Kind.MARKET:
        if ticket.amount is None:
            return {"market_market_ioc": {"quote_size": text(ticket.cost or ZERO, 8)}}
        return {"market_market_ioc": {"base_size": text(ticket.amount, 8)}}
    said: dict[str, Any] = {
        "base_size": text(ticket.amount or ZERO, 8),
        "limit_price": text(ticket.limit or ZERO, 8),
    }
    if ticket.expires:
        said["end_time"] = iso(ticket.expires)
    if ticket.stop is not None:
        direction = "STOP_DIRECTION_STOP_UP" if ticket.stop_up else "STOP_DIRECTION_STOP_DOWN"
        said |= {"stop_price": text(ticket.stop, 8), "stop_direction": direction}
        return {_STOPS[1] if ticket.expires else _STOPS[0]: said}
    if ticket.lifetime is Lifetime.UNTIL_CANCELED:
        said["post_only"] = ticket.post_only
        return {"limit_limit_gtd" if ticket.expires else "limit_limit_gtc": said}
    immediate = ticket.lifetime is Lifetime.IMMEDIATE
    return {"sor_limit_ioc" if immediate else "limit_limit_fok": said}


def fill_shown(fill: Fill, listing: Listing, user: str) -> dict[str, Any]:
    """One fill as the exchange lists it."""
    return {
        "entry_id": f"entry-{fill.id}",
        "trade_id": fill.id,
        "order_id": fill.order_id,
        "trade_time": iso(fill.time),
        "trade_type": "FILL",
        "price": text(fill.price, 8),
        "size": text(fill.amount, 8),
        "commission": text(fill.fee, 16),
        "product_id": listing.id,
        "sequence_timestamp": iso(fill.time),
        "liquidity_indicator": "MAKER" if fill.maker else "TAKER",
        "size_in_quote": False,
        "user_id": user,
        "side": fill.side.value.upper(),
    }


def text(value: Decimal, digits: int) -> str:
    """`value` with at most `digits` decimals, cut, no needless zeros, never an exponent."""
    cut = value.quantize(Decimal(1).scaleb(-digits), ROUND_DOWN).normalize()
    return f"{cut:f}"
