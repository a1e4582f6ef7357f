"""Deposits and withdrawals: changes of cash that no trade explains.

What trades did to the cash is known from the engine's database, so the rest, `external` cash, stays
the same until somebody moves money. Day's opening and peak then move by the same *share* as the
equity (time-weighted return): moved by the same dollars, a withdrawal would be a loss. Of $900 left
from a peak of $1,000, withdrawing $180 would make 720 of 820, a drawdown of 12.2% out of 10%.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from freqtrade.persistence import LocalTrade

FEE_DOUBT = 0.02
"""How far recent fills may differ from what the database says of them, as a fraction of their cost:
fees arrive late and in odd currencies. Smaller movements count as profit or loss."""

CENT = 0.01


@dataclass(frozen=True, slots=True)
class CashView:
    """One look at the cash, in stake currency.

    `total` includes what resting orders reserve; `effect` is what all trades did to it; `doubt` how
    far recent fills may be off; `paying` and `bringing` the most that open orders may have done
    already, unknown to the database; `costs` and `proceeds` the least that they take for coins that
    have come and bring for coins that have left; `refreshed` when the wallet was read (UTC).
    """

    total: float
    effect: float
    doubt: float
    paying: float
    bringing: float
    costs: float
    proceeds: float
    refreshed: datetime

    @property
    def external(self) -> float:
        """Cash that no trade brought: the starting balance, deposits, less withdrawals."""
        return round(self.total - self.effect, 6)  # binary noise is no movement


@dataclass(frozen=True, slots=True)
class CashFlow:
    """Money that came (positive) or went, in stake currency, at `time` (UTC)."""

    time: datetime
    amount: float


@dataclass(frozen=True, slots=True)
class CashWatch:
    """The external cash as far as it is settled, and a change that awaits a second look.

    An exchange's balance may lag behind its fills, so a change counts once two readings of the
    wallet agree on it. `receivable` is what coins that have left have not brought yet, in stake
    currency: the money is on its way, or went into an order that nobody knows of. It is no loss.
    `payable` is what coins that have come were not paid with: the money is about to go, or they are
    the owner's. It is no profit.
    """

    external: float | None = None
    pending: float = 0.0
    since: datetime | None = None
    receivable: float = 0.0
    payable: float = 0.0

    def after(self, view: CashView) -> tuple["CashWatch", float]:
        """The watch after `view`, and the amount that it settles as a cash flow (usually 0)."""
        if self.external is None:
            # What an order has done unheard would count as brought by the owner, for good.
            heard = max(view.paying, view.proceeds) < CENT
            return CashWatch(view.external if heard else None), 0.0
        change = view.external - self.external
        doubt = CENT + view.doubt
        flow = _beyond(change, -view.paying, view.bringing)
        moved = change - flow
        watch = CashWatch(
            self.external,
            receivable=max(0.0, view.proceeds - view.paying - moved),
            payable=max(0.0, view.costs - view.bringing + moved),
        )
        if abs(flow) <= doubt:
            orders_rest = view.paying or view.bringing
            return (watch if orders_rest else replace(watch, external=view.external)), 0.0
        if self.since is None or abs(flow - self.pending) > doubt:
            return replace(watch, pending=flow, since=view.refreshed), 0.0
        if view.refreshed == self.since:
            return replace(watch, pending=self.pending, since=self.since), 0.0
        # What the open orders have done stays due until the database hears of it.
        return replace(watch, external=round(self.external + flow, 6)), flow


def _beyond(change: float, least: float, most: float) -> float:
    """What of `change` lies outside of [`least`, `most`]."""
    return change - min(max(change, least), most)


def effect_of(open_trades: Sequence[LocalTrade], closed_profit: float) -> float:
    """What trades did to the cash: closed profit, and what open ones cost or have brought back,
    entry fees included, in stake currency."""
    return closed_profit + sum(
        float(
            trade.realized_profit
            - trade.amount * trade.open_rate * (1 / trade.leverage + trade.fee_open)
        )
        for trade in open_trades
    )


def share_of(flow: float, equity: float) -> float | None:
    """The factor by which `flow` changed the equity, which is `equity` after it; None when there
    was nothing before."""
    before = equity - flow
    return equity / before if before > CENT else None
