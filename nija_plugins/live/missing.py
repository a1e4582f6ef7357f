"""Positions that are not there any more: sold by hand, or by an exit whose answer was lost and that
freqtrade did not find again. It goes on trying to sell them, and tells nobody but its log."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from freqtrade.persistence import LocalTrade

from nija_plugins.live.reconciling import NO_ID

SMALL = 0.05
"""A smaller share of a position may be missing: fees that were taken in the coin itself."""


@dataclass
class MissingPositions:
    """Tells a person of each trade whose position is gone, once, when a second reading of the
    wallets agrees (a balance may lag behind a fill)."""

    _since: dict[int, datetime] = field(default_factory=dict)
    _told: set[int] = field(default_factory=set)

    def look(
        self,
        trades: Iterable[LocalTrade],
        gone: Callable[[LocalTrade], float],
        read: datetime,
        tell: Callable[[str, LocalTrade], None],
    ) -> None:
        """`gone` says how much of a trade's amount is missing; `read` when the wallets were read
        (UTC)."""
        missing = {
            trade.id: trade
            for trade in trades
            if not _may_be_selling(trade) and gone(trade) > SMALL * trade.amount > 0
        }
        for known in self._since.keys() - missing.keys():
            del self._since[known]
            self._told.discard(known)
        for number, trade in missing.items():
            if read != self._since.setdefault(number, read) and number not in self._told:
                self._told.add(number)
                tell(
                    f"{gone(trade):.8g} {trade.safe_base_currency} of trade {number} are not on "
                    "the exchange any more: sold by hand, or by an order whose answer was lost. "
                    f"Let freqtrade look again (/reload_trade {number}), or, if you sold them, "
                    f"/delete {number}.",
                    trade,
                )


def _may_be_selling(trade: LocalTrade) -> bool:
    """Whether freqtrade will hear of an order that may have sold it."""
    orders = [*trade.open_orders, *trade.open_sl_orders]
    return any(order.order_id != NO_ID for order in orders)
