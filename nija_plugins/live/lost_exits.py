"""Exits that the exchange accepted and freqtrade does not know: the answer was lost, or the process
died before it wrote the order down. One that rests holds the coins, so that no other exit is
accepted, not even the stop's, however far the price falls. One that has filled freqtrade finds when
the coins are gone; beside a person's own coins they never are, and it would sell those."""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from freqtrade.persistence import Order, Trade

from nija_plugins.live.reconciling import AGAIN, LOOK_BACK, known_orders

logger = logging.getLogger(__name__)

SENT = "nija_exit_sent"
"""Under which freqtrade stores, in its database, the exit of a trade that is about to be sent."""
SAME = 1e-3
"""The share by which two amounts or prices of one order may differ: exchanges round them."""


def note(trade: Trade, amount: float, price: float | None, reason: str) -> None:
    """An order to sell `amount` of `trade` at `price`, or at the market (None), is about to be
    sent. Written down before, so that the next process knows it, too."""
    sent = {"amount": amount, "price": price, "reason": reason, "before": _exits(trade)}
    trade.set_custom_data(SENT, sent)


class LostExits:
    """Gives each open trade whose exit was sent, and of which no order is known, the one that is at
    the exchange, if one is."""

    def __init__(self) -> None:
        self._asked: dict[int, datetime] = {}
        """When the exchange was asked about a trade for the first time (UTC)."""

    def look(
        self,
        now: datetime,
        exchange: Any,
        trades: Iterable[Trade],
        own: Callable[[], frozenset[str]],
    ) -> None:
        """`own` reads the ids of the user's own orders."""
        lost = {one.id: (one, sent) for one in trades if (sent := _lost(one)) is not None}
        self._asked = {one: when for one, when in self._asked.items() if one in lost}
        for number, (trade, sent) in lost.items():
            before = self._asked.get(number)
            if before is not None and timedelta(0) <= now - before < AGAIN:
                continue
            try:
                known = known_orders(trade.pair) | own()
                found = exchange.fetch_orders(trade.pair, now - LOOK_BACK)
            except Exception as error:
                logger.warning(
                    "Whether an exit of %s reached the exchange is not known: %s",
                    trade.pair,
                    type(error).__name__,
                )
                continue
            order = exit_of(trade, sent, found, exchange.get_option("stop_price_prop"), known)
            if order is not None:
                adopt(trade, order, sent)
            elif before is not None:
                trade.delete_custom_data(SENT)  # a second answer agrees: it was never accepted
            self._asked[number] = now


def _lost(trade: Trade) -> Mapping[str, Any] | None:
    """The exit of `trade` that was sent and of which nothing has been heard."""
    if trade.amount <= 0 or trade.has_open_orders:
        return None
    sent: Mapping[str, Any] | None = trade.get_custom_data(SENT)
    return sent if sent and _exits(trade) <= sent["before"] else None


def _exits(trade: Trade) -> int:
    return sum(order.ft_order_side == trade.exit_side for order in trade.orders)


def exit_of(
    trade: Trade,
    sent: Mapping[str, Any],
    orders: Iterable[Mapping[str, Any]],
    key: str,
    known: frozenset[str],
) -> Mapping[str, Any] | None:
    """The one of `orders` (ccxt's dictionaries) that was `sent`, that rests or has sold, and that
    is not `known`; `key` is where they tell a stop's price."""
    opened = trade.open_date_utc.timestamp() * 1000
    for order in orders:
        price = sent["price"]
        if (
            (order["status"] == "open" or order["filled"])
            and order["side"] == trade.exit_side
            and not order.get(key)
            and str(order["id"]) not in known
            and (order["timestamp"] or 0) >= opened
            and _alike(order["amount"], sent["amount"])
            and (price is None or _alike(order["price"], price))
        ):
            return order
    return None


def _alike(told: Any, sent: float) -> bool:
    return abs(float(told or 0.0) - sent) <= SAME * sent


def adopt(trade: Trade, order: Mapping[str, Any], sent: Mapping[str, Any]) -> None:
    """From now on `order` is the trade's own. As an open one, whatever it has sold: then freqtrade
    asks what became of it, counts that, and cancels it in time."""
    price = sent["price"] or order["average"] or order["price"]
    told = {**order, "status": "open"}
    found = Order.parse_from_ccxt_object(told, trade.pair, trade.exit_side, sent["amount"], price)
    found.ft_order_tag = trade.exit_reason = sent["reason"]
    trade.close_rate_requested = price
    trade.orders.append(found)
    Trade.commit()
    logger.warning(
        "The exit %s of %s, whose answer was lost, is found again.", order["id"], trade.pair
    )
