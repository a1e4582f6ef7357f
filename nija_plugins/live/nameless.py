"""Orders that freqtrade noted without an id, because half an answer told none.

freqtrade asks the exchange about the order "None" for ever: an entry that filled is never counted,
an exit is never tried again, and its next start may end with an error, and the one after that. So
each such order gets the id of the exchange's order that it is, or goes when there is none.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from freqtrade.persistence import Order, Trade

from nija_plugins.live.reconciling import AGAIN, LOOK_BACK, NO_ID, known_orders

logger = logging.getLogger(__name__)

SAME = 1e-3
"""The share by which two amounts of one order may differ: exchanges round to their lots."""


class NamelessOrders:
    """Looks for the orders of the open trades until each has a name."""

    def __init__(self) -> None:
        self._asked: dict[int, datetime] = {}
        """When the exchange was first, and then last, asked about an order (UTC), by its row."""

    def look(
        self,
        now: datetime,
        exchange: Any,
        trades: Iterable[Trade],
        own: Callable[[], frozenset[str]],
        *,
        starting: bool = False,
    ) -> None:
        """`own` reads the ids of the user's own orders. At a start, when the order is old, there is
        no second question: freqtrade is about to ask for "None". A stop goes at once, as
        `lost_stops` looks for it by other means."""
        nameless = [(trade, order) for trade in trades for order in _nameless(trade)]
        self._asked = {
            order.id: self._asked[order.id] for _, order in nameless if order.id in self._asked
        }
        for trade, order in nameless:
            if order.ft_order_side == "stoploss":
                if starting:
                    _drop(trade, order)
                continue
            before = self._asked.get(order.id)
            if before is not None and now - before < AGAIN:
                continue
            try:
                known = known_orders(trade.pair) | own()
                told = _named(order, exchange.fetch_orders(trade.pair, now - LOOK_BACK), known)
            except Exception as error:
                logger.warning(
                    "What became of an order of %s is not known: %s",
                    trade.pair,
                    type(error).__name__,
                )
                continue
            if told is not None:
                order.order_id = str(told["id"])
                Trade.commit()
                logger.warning(
                    "The order %s of %s, whose answer told no id, is found again.",
                    order.order_id,
                    trade.pair,
                )
            elif starting or before is not None:
                _drop(trade, order)
            else:
                self._asked[order.id] = now


def _nameless(trade: Trade) -> list[Order]:
    return [one for one in trade.orders if one.ft_is_open and one.order_id == NO_ID]


def _named(
    order: Order, orders: Iterable[Mapping[str, Any]], known: frozenset[str]
) -> Mapping[str, Any] | None:
    """The newest of the exchange's `orders` (ccxt's dictionaries) that `order` may be."""
    alike = [
        one
        for one in orders
        if one["side"] == order.ft_order_side
        and str(one["id"]) not in known
        and abs(float(one["amount"] or 0.0) - order.ft_amount) <= SAME * order.ft_amount
    ]
    return max(alike, key=lambda one: one["timestamp"] or 0, default=None)


def _drop(trade: Trade, order: Order) -> None:
    """The exchange never accepted it. A trade that has nothing and waits for nothing goes too."""
    logger.warning("An order of %s, whose answer told no id, is not at the exchange.", trade.pair)
    trade.orders.remove(order)
    Trade.session.delete(order)
    if not trade.orders:
        trade.delete()
    Trade.commit()
