"""What the exchange holds and no trade explains, looked up through freqtrade."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from freqtrade.persistence import LocalTrade, Order
from freqtrade.wallets import Wallets
from sqlalchemy import select

from nija_plugins.live.holdings import Unexplained, unexplained_holding, unexplained_orders
from nija_plugins.requests import market_rules

LOOK_BACK = timedelta(days=7)
"""How far back the exchange is asked for a pair's orders."""
AGAIN = timedelta(minutes=1)
"""Between two questions to the exchange about the same trade or order."""


def holdings(
    pairs: Sequence[str],
    wallets: Wallets,
    trades: Sequence[LocalTrade],
    own: Mapping[str, float],
    price_of: Callable[[str], float | None],
    market_of: Callable[[str], Mapping[str, Any] | None],
) -> tuple[Unexplained, ...]:
    """The holdings of the pairs' assets, as the wallets last saw them, beyond what open `trades`
    and the user's `own` (by asset) explain. A pair without a price is left out."""
    found = []
    for pair in pairs:
        asset, price = pair.partition("/")[0], price_of(pair)
        if price is None:
            continue
        rules = market_rules(pair, market_of(pair), fee=0.0)
        explained = own.get(asset, 0.0) + sum(
            _may_hold(trade) for trade in trades if trade.safe_base_currency == asset
        )
        smallest = max(rules.cost_min, rules.amount_min * price)
        one = unexplained_holding(pair, wallets.get_total(asset), explained, price, smallest)
        if one is not None:
            found.append(one)
    return tuple(found)


def open_orders(
    pair: str, exchange: Any, own: frozenset[str], now: datetime
) -> tuple[Unexplained, ...]:
    """The pair's open orders at the exchange that neither the database nor the user knows.

    Raises freqtrade's ExchangeError and TemporaryError when the exchange does not answer.
    """
    orders = exchange.fetch_orders(pair, now - LOOK_BACK)
    return unexplained_orders(pair, orders, known_orders(pair) | own)


def known_orders(pair: str) -> frozenset[str]:
    """The ids of all orders of `pair` in the engine's database."""
    return frozenset(
        Order.session.scalars(select(Order.order_id).where(Order.ft_pair == pair)).all()
    )


NO_ID = "None"
"""What freqtrade notes as the id of an order when half an answer carried none: it explains nothing,
and freqtrade asks about it for ever."""


def _may_hold(trade: LocalTrade) -> float:
    """The most that `trade` explains: what it filled and what its entry orders may have filled,
    all they are for (see `wallet.resting_entries`)."""
    resting = sum(
        order.safe_amount
        for order in trade.open_orders
        if order.ft_order_side == trade.entry_side and order.order_id != NO_ID
    )
    return float(trade.amount + resting)
