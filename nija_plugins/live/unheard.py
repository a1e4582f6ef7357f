"""What a trade's orders may have done to the cash, and the database has not heard of yet."""

from collections.abc import Callable, Sequence

from freqtrade.persistence import Trade
from freqtrade.wallets import Wallets

from nija_plugins.live.cash_flows import CENT, FEE_DOUBT, CashWatch
from nija_plugins.live.missing import remedy
from nija_plugins.wallet import arrived, exit_fee, gone


def paying(trade: Trade, wallets: Wallets, own: float) -> float:
    """The most that the trade's entry orders have cost, in stake currency. `own` are the user's own
    coins, here and below in base currency."""
    return costs(trade, wallets, own) * (1 + FEE_DOUBT)


def costs(trade: Trade, wallets: Wallets, own: float) -> float:
    """What the coins of the trade's entry orders that have come cost at their price, in stake
    currency. It may be that they were not bought: a person has deposited some."""
    if not trade.open_orders:
        return 0.0
    price = max(order.safe_price or 0.0 for order in trade.open_orders)
    return arrived(trade, wallets, own) * price


def bringing(trade: Trade, wallets: Wallets, own: float) -> float:
    """The most that the part of the trade which is gone may have brought, in stake currency."""
    prices = (order.safe_price or 0.0 for order in trade.open_orders)
    price: float = max(trade.max_rate or 0.0, trade.open_rate, *prices)
    return gone(trade, wallets, own) * price


def proceeds(trade: Trade, wallets: Wallets, own: float, stop: float) -> float:
    """What the part of the trade which is gone brings at its `stop` (a price), after the fee, in
    stake currency: with it the account stands no lower than if every stop were hit, which the loss
    limits allow for. Barring a gap, it is the least."""
    return gone(trade, wallets, own) * stop * (1 - exit_fee(trade, wallets))


MISSED = "nija_missed_stop"
"""A trade's stop when coins of it were first missed, among its custom data."""


class MissedStops:
    """The stop of each trade whose coins have left, as it was when they were first missed: a price
    that rises later is none of theirs, though freqtrade goes on trailing. Kept with the trade, so
    that the next process knows it, too."""

    def __init__(self) -> None:
        self._known: dict[int, float | None] = {}

    def of(self, trades: Sequence[Trade], lacking: Sequence[Trade]) -> dict[int, float]:
        """The price by the number of each `lacking` one of the open `trades`. That of the others is
        forgotten: their coins are there, a balance only lagged behind a fill."""
        missed = {one.id for one in lacking}
        stops = {one.id: self._known.get(one.id) or _first_stop(one) for one in lacking}
        for trade in trades:
            if trade.id not in missed and self._known.get(trade.id, 0.0) is not None:
                _forget_stop(trade)
        self._known = {one.id: stops.get(one.id) for one in trades}
        return stops


def _first_stop(trade: Trade) -> float:
    stop = float(trade.stop_loss or 0.0)
    stored: float | None = trade.get_custom_data(MISSED)
    if stored is None:
        trade.set_custom_data(MISSED, stop)
        return stop
    return min(stored, stop)


def _forget_stop(trade: Trade) -> None:
    if trade.get_custom_data(MISSED) is not None:
        trade.delete_custom_data(MISSED)


def awaited(
    watch: CashWatch, lacking: Sequence[Trade], own: Callable[[Trade], float], doubt: float
) -> str | None:
    """Why entries wait: a sentence about money that the coins of the `lacking` trades have not
    brought, beyond what is in `doubt` (stake currency) anyway; None when there is none. `own` are
    the user's own coins."""
    if watch.external is None:
        missing = "what orders have done to the cash is not known yet"
    elif watch.receivable > CENT + doubt:
        missing = f"about ${watch.receivable:.2f} for them is not there yet"
    else:
        return None
    if not lacking:
        return f"Entries wait: {missing}."
    coins = " and ".join(f"the coins of trade {one.id} ({one.pair})" for one in lacking)
    what_to_do = remedy(lacking[0], own(lacking[0]))
    return f"Entries wait: {coins} have left the exchange, and {missing}. If it lasts, {what_to_do}"
