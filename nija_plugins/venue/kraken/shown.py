"""Orders and trades as Kraken's private REST shows them."""

from decimal import ROUND_DOWN, Decimal
from typing import Any

from nija_plugins.venue.exchange import SimulatedExchange
from nija_plugins.venue.kraken.public import altname, decimals
from nija_plugins.venue.listings import Listing
from nija_plugins.venue.orders import Fill, Kind, Order, Side, Status, Ticket


def order_shown(exchange: SimulatedExchange, order: Order, *, trades: bool) -> dict[str, Any]:
    """An order; with `trades`, and the ids of its fills."""
    ticket = order.ticket
    listing = exchange.rules.listing(ticket.pair)
    digits = decimals(listing.price_tick)
    client = ticket.client_id
    number = client is not None and client.isdigit()
    status = {Status.OPEN: "open", Status.FILLED: "closed", Status.CANCELED: "canceled"}
    shown: dict[str, Any] = {
        "refid": None,
        "userref": int(client) if client and number else 0,
        "status": status[order.status],
        "opentm": order.opened.timestamp(),
        "starttm": 0,
        "expiretm": 0,
        "descr": {
            "pair": altname(listing),
            "type": ticket.side.value,
            "ordertype": _ordertype(ticket),
            "price": f"{_first_price(ticket):.{digits}f}" if _first_price(ticket) else "0",
            "price2": f"{ticket.limit:.{digits}f}" if ticket.stop and ticket.limit else "0",
            "leverage": "none",
            "order": sentence(order, listing),
            "close": "",
        },
        "vol": f"{_volume(order):.8f}",
        "vol_exec": f"{order.filled:.8f}",
        "cost": cut(order.cost, 5),
        "fee": cut(order.fee, 5),
        "price": cut(order.average, 8),
        "stopprice": f"{ticket.stop:.5f}" if ticket.stop and order.working else "0.00000",
        "limitprice": "0.00000",
        "misc": "",
        "oflags": "fciq,post" if ticket.post_only else "fciq",
        "reason": order.why or None,
    }
    if client and not number:
        shown["cl_ord_id"] = client
    if order.closed:
        shown["closetm"] = order.closed.timestamp()
    if trades and order.fills:
        shown["trades"] = [fill.id for fill in order.fills]
    return shown


def _ordertype(ticket: Ticket) -> str:
    if ticket.stop is None:
        return ticket.kind.value
    stop_loss = ticket.stop_up == (ticket.side is Side.BUY)
    name = "stop-loss" if stop_loss else "take-profit"
    return f"{name}-limit" if ticket.kind is Kind.LIMIT else name


def _first_price(ticket: Ticket) -> Decimal | None:
    return ticket.stop if ticket.stop is not None else ticket.limit


def _volume(order: Order) -> Decimal:
    return order.filled if order.ticket.amount is None else order.ticket.amount


def sentence(order: Order, listing: Listing) -> str:
    """`buy 0.02100000 XBTUSD @ limit 330.00`"""
    ticket, digits = order.ticket, decimals(listing.price_tick)
    limit = f"limit {ticket.limit:.{digits}f}" if ticket.limit is not None else "market"
    if ticket.stop is not None:
        words = _ordertype(ticket).removesuffix("-limit").replace("-", " ")
        after = f" -> {limit}" if ticket.limit is not None else ""
        limit = f"{words} {ticket.stop:.{digits}f}{after}"
    volume = ticket.amount if ticket.amount is not None else ticket.cost
    return f"{ticket.side.value} {volume:.8f} {altname(listing)} @ {limit}"


def trade_shown(exchange: SimulatedExchange, order: Order, fill: Fill) -> dict[str, Any]:
    """One fill of an order."""
    listing = exchange.rules.listing(fill.pair)
    return {
        "ordertxid": order.id,
        "postxid": fill.id,
        "pair": listing.id,
        "time": fill.time.timestamp(),
        "type": fill.side.value,
        "ordertype": _ordertype(order.ticket),
        "price": f"{fill.price:.5f}",
        "cost": cut(fill.cost, 5),
        "fee": cut(fill.fee, 5),
        "vol": f"{fill.amount:.8f}",
        "margin": "0.00000",
        "leverage": "0",
        "misc": "",
        "trade_id": fill.number,
        "maker": fill.maker,
    }


def cut(value: Decimal, digits: int) -> str:
    """`value` with so many digits, rounded down."""
    return f"{value.quantize(Decimal(1).scaleb(-digits), ROUND_DOWN):f}"
