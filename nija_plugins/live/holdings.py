"""Compares what the exchange holds with what the database knows.

freqtrade enters twice when an entry order was accepted but the answer was lost, or when the process
died before it wrote the order down: the first order is nobody's. So before each live entry every
holding and every open order of the pair must have an explanation.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Unexplained:
    """A holding or an open order that no trade explains.

    `amount` is in base currency, `value` in stake currency; `order_id` is the exchange's, None for
    a holding.
    """

    pair: str
    amount: float
    value: float
    order_id: str | None = None

    @property
    def key(self) -> tuple[str, str | None]:
        """What makes it the same one at the next look."""
        return self.pair, self.order_id

    def __str__(self) -> str:
        asset = self.pair.partition("/")[0]
        what = f"an open order {self.order_id} for" if self.order_id else "a holding of"
        return f"{what} {self.amount:.8g} {asset} (${self.value:.2f})"


def unexplained_holding(
    pair: str, held: float, explained: float, price: float, smallest: float
) -> Unexplained | None:
    """What of `held` is beyond `explained` (both in base currency), when it is worth at least
    `smallest` (stake currency, what the exchange would let you sell); dust is nobody's business."""
    beyond = held - explained
    if beyond <= 0 or beyond * price < smallest:
        return None
    return Unexplained(pair, beyond, beyond * price)


def unexplained_orders(
    pair: str, orders: Iterable[Mapping[str, Any]], known: frozenset[str]
) -> tuple[Unexplained, ...]:
    """The open orders (ccxt's dictionaries) whose ids are not `known` to the database."""
    return tuple(
        Unexplained(
            pair,
            float(order["remaining"] or order["amount"] or 0.0),
            float(order["remaining"] or order["amount"] or 0.0) * float(order["price"] or 0.0),
            str(order["id"]),
        )
        for order in orders
        if order["status"] == "open" and str(order["id"]) not in known
    )
