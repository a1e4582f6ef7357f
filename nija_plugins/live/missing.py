"""Positions that are not there any more: sold by hand, or by an exit whose answer was lost and that
freqtrade did not find again. It goes on trying to sell them, and tells nobody but its log."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from freqtrade.persistence import LocalTrade

from nija_plugins.live.reconciling import NO_ID

SMALL = 0.02
"""A smaller share of a position may be missing: fees that were taken in the coin itself. freqtrade
sells what is there then; of a position that lacks more it sells nothing."""

SELLING = timedelta(minutes=30)
"""So long an order that rests may be what sold it; freqtrade ends and replaces it sooner."""


@dataclass
class MissingPositions:
    """Tells a person of each trade whose position is gone, once, when a second reading of the
    wallets agrees (a balance may lag behind a fill), and no order can have sold it."""

    _since: dict[int, datetime] = field(default_factory=dict)
    _told: set[int] = field(default_factory=set)

    def look(
        self,
        trades: Iterable[LocalTrade],
        gone: Callable[[LocalTrade], float],
        own: Callable[[LocalTrade], float],
        read: datetime,
        tell: Callable[[str, LocalTrade], None],
    ) -> None:
        """`gone` says how much of a trade's amount is missing, `own` how much of its asset is the
        user's own; `read` when the wallets were read (UTC)."""
        missing = {
            trade.id: trade
            for trade in trades
            if gone(trade) - _sold_so_far(trade) > SMALL * trade.amount > 0
        }
        for known in self._since.keys() - missing.keys():
            del self._since[known]
            self._told.discard(known)
        for number, trade in missing.items():
            waited = abs(read - self._since.setdefault(number, read))
            patience = SELLING if _may_be_selling(trade) else timedelta(0)
            if waited > patience and number not in self._told:
                self._told.add(number)
                tell(_sentence(trade, gone(trade), own(trade)), trade)


def remedy(trade: LocalTrade, own: float) -> str:
    """What a person can do about missing coins, of whose asset `own` are the user's own."""
    moved = f"let freqtrade look again (/reload_trade {trade.id}), or, if you sold or moved"
    if own:
        return (
            f"{moved} some of your own {own:.8g} {trade.safe_base_currency}, "
            f"nija reconcile {trade.pair} --own; if the trade's, /delete {trade.id}."
        )
    return f"{moved} them, /delete {trade.id}."


def _sentence(trade: LocalTrade, gone: float, own: float) -> str:
    return (
        f"{gone:.8g} {trade.safe_base_currency} of trade {trade.id} are not on the exchange any "
        "more: sold or moved by hand, or sold by an order whose answer was lost. To mend it, "
        f"{remedy(trade, own)}"
    )


def _sold_so_far(trade: LocalTrade) -> float:
    """What resting exits have sold and freqtrade knows of, in base currency. It counts that when
    they rest no longer, and lets one rest whose remainder would be too small to sell."""
    exits = [order for order in trade.open_orders if order.ft_order_side == trade.exit_side]
    return sum(float(order.safe_filled) for order in exits)


def _may_be_selling(trade: LocalTrade) -> bool:
    """Whether freqtrade will hear of an order that may have sold it."""
    orders = [*trade.open_orders, *trade.open_sl_orders]
    return any(order.order_id != NO_ID for order in orders)
