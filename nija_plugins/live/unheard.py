"""What a trade's orders may have done to the cash, and the database has not heard of yet."""

from collections.abc import Callable, Sequence

from freqtrade.persistence import Trade
from freqtrade.wallets import Wallets

from nija_plugins.live.cash_flows import CENT, FEE_DOUBT, CashWatch
from nija_plugins.live.missing import remedy
from nija_plugins.wallet import arrived, gone


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
