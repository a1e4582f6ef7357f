"""Stops that the exchange accepted and freqtrade does not know: the answer was lost, or the process
died before it wrote the order down. They hold the coins, so that freqtrade can neither place
another nor sell; and the stop they stand at never rises."""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from freqtrade.persistence import Order, Trade

from nija_plugins.live.reconciling import AGAIN, LOOK_BACK, NO_ID, known_orders

logger = logging.getLogger(__name__)


class LostStops:
    """Gives each open trade without a stop at the exchange the one that is there, if one is."""

    def __init__(self) -> None:
        self._bare: dict[int, datetime] = {}
        """Since when a trade has had none, or when the exchange was last asked about it (UTC)."""

    def look(
        self,
        now: datetime,
        exchange: Any,
        trades: Iterable[Trade],
        own: Callable[[], frozenset[str]],
    ) -> None:
        """`own` reads the ids of the user's own orders. The first loop after a fill is too early:
        freqtrade places the stop in it."""
        bare = {
            trade.id: trade
            for trade in trades
            if trade.amount > 0 and not trade.has_open_orders and not _watched(trade)
        }
        due = [one for one, since in self._bare.items() if one in bare and now >= since]
        self._bare = {one: self._bare.get(one, now) for one in bare}
        for number in due:
            self._bare[number] = now + AGAIN
            trade = bare[number]
            for nameless in trade.open_sl_orders:
                trade.orders.remove(nameless)  # a second one would end freqtrade
                Trade.session.delete(nameless)
            try:
                found = exchange.fetch_orders(trade.pair, now - LOOK_BACK)
                known = known_orders(trade.pair) | own()
            except Exception as error:
                logger.warning(
                    "Whether %s has a stop at the exchange is not known: %s",
                    trade.pair,
                    type(error).__name__,
                )
                continue
            key = exchange.get_option("stop_price_prop")
            stop = stop_of(trade, found, key, known)
            if stop is not None:
                adopt(trade, stop, float(stop[key]))


def _watched(trade: Trade) -> bool:
    """Whether freqtrade knows a stop that it can ask about; half an answer has no id."""
    return any(order.order_id != NO_ID for order in trade.open_sl_orders)


def stop_of(
    trade: Trade, orders: Iterable[Mapping[str, Any]], key: str, known: frozenset[str]
) -> Mapping[str, Any] | None:
    """The open order that sells at most the trade's amount at a stop, and that is not `known`;
    `key` is where the exchange's orders (ccxt's dictionaries) tell a stop's price."""
    for order in orders:
        remaining = float(order["remaining"] or order["amount"] or 0.0)
        if (
            order["status"] == "open"
            and order["side"] == trade.exit_side
            and order.get(key)
            and str(order["id"]) not in known
            and 0 < remaining <= trade.amount * 1.000001
        ):
            return order
    return None


def adopt(trade: Trade, order: Mapping[str, Any], stop: float) -> None:
    """From now on freqtrade watches, raises and cancels `order` as the trade's own."""
    trade.orders.append(
        Order.parse_from_ccxt_object(dict(order), trade.pair, "stoploss", trade.amount, stop)
    )
    Trade.commit()
    logger.warning(
        "The stop order %s of %s at %s, whose answer was lost, is found again.",
        order["id"],
        trade.pair,
        stop,
    )
