"""What we own right now, as one immutable value.

`equity` and `worst_case` have one definition each, here; tiers, sizing, limits and reports use it.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain
from math import isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nija_plugins.holdings import Unexplained
    from nija_plugins.incidents import Incident
    from nija_plugins.scaling.limits import Limits
    from nija_plugins.scaling.tiers import ScalingTier


@dataclass(frozen=True, slots=True)
class Position:
    """An open trade.

    `amount` is filled, `pending` is still resting in an entry order at `entry_price` (its cash is
    reserved, not spent); `mark` is the last closed price, `stop` the price of the present stop,
    `fee` the fraction paid on each side. Amounts are in base currency, prices in stake currency.
    """

    pair: str
    amount: float
    entry_price: float
    mark: float
    stop: float
    fee: float
    pending: float = 0.0

    @property
    def value(self) -> float:
        """What selling now would bring, less the fee to get out."""
        return self.amount * self.mark * (1 - self.fee)

    @property
    def value_at_stop(self) -> float:
        """What is left when the stop is hit; below a stop already passed, what the mark brings."""
        return self.amount * min(self.stop, self.mark) * (1 - self.fee)

    @property
    def loss_of_pending(self) -> float:
        """What the resting part of the entry would lose if it filled and then hit the stop."""
        paid = self.entry_price * (1 + self.fee)
        returned = min(self.stop, self.entry_price) * (1 - self.fee)
        return self.pending * (paid - returned)


@dataclass(frozen=True, slots=True)
class Benchmarks:
    """The two levels the loss limits are measured against, both in stake currency."""

    day: date
    day_open: float
    peak: float

    @classmethod
    def begin(cls, now: datetime, equity: float) -> "Benchmarks":
        """A fresh account: the day opens and the peak stands at the present equity."""
        return cls(day=now.date(), day_open=equity, peak=equity)

    def observe(self, now: datetime, equity: float) -> "Benchmarks":
        """The benchmarks after seeing `equity` at `now` (UTC); a new day opens at 00:00 UTC."""
        if now.date() == self.day and equity <= self.peak:
            return self
        opening = equity if now.date() != self.day else self.day_open
        return replace(self, day=now.date(), day_open=opening, peak=max(self.peak, equity))

    def scaled(self, share: float) -> "Benchmarks":
        """Both levels multiplied by `share`, as a deposit or withdrawal multiplied the equity."""
        return replace(self, day_open=self.day_open * share, peak=self.peak * share)


@dataclass(frozen=True, slots=True)
class Account:
    """Everything the money rules may know. All amounts in stake currency, `time` in UTC.

    `cash` is every unit of stake currency that is ours, `free_cash` the part not reserved by
    resting orders. `started` is true once the account met its minimum balances. `wins` and
    `losses` count its closed trades, `losing_streak` the losses since the last win or streak
    pause; `locks` are the active locks on all pairs, (reason, end); `incidents` those of the last
    hour. `unsettled` is a change of cash that may be a deposit or a withdrawal; the benchmarks
    already count it as one. `unexplained` is what the exchange holds and no trade explains.
    `problem` is a sentence when this account cannot be trusted.
    """

    time: datetime
    exchange: str
    cash: float
    free_cash: float
    positions: tuple[Position, ...]
    benchmarks: Benchmarks
    tier: "ScalingTier | None"
    limits: "Limits"
    started: bool = True
    wins: int = 0
    losses: int = 0
    losing_streak: int = 0
    locks: tuple[tuple[str, datetime], ...] = ()
    incidents: "tuple[Incident, ...]" = ()
    unsettled: float = 0.0
    unexplained: "tuple[Unexplained, ...]" = ()
    problem: str | None = None

    @property
    def equity(self) -> float:
        """Cash + open positions at the last closed price, less the fee to get out."""
        return equity(self.cash, self.positions)

    @property
    def worst_case(self) -> float:
        """W: cash + Σ amount × stop × (1 - fee), what is left if every stop is hit."""
        return worst_case(self.cash, self.positions)


def equity(cash: float, positions: tuple[Position, ...]) -> float:
    """Cash + Σ position values after the exit fee, in stake currency."""
    return cash + sum(position.value for position in positions)


def worst_case(cash: float, positions: tuple[Position, ...]) -> float:
    """W of DESIGN §5; resting entry orders are assumed to fill and to hit their stop."""
    return (
        cash
        + sum(position.value_at_stop for position in positions)
        - sum(position.loss_of_pending for position in positions)
    )


def unsound(cash: float, free_cash: float, positions: tuple[Position, ...]) -> str | None:
    """A sentence when a number of the account is not one, else None."""
    numbers = chain(
        (("cash", cash), ("free cash", free_cash)),
        ((f"{p.pair} mark", p.mark) for p in positions),
        ((f"{p.pair} stop", p.stop) for p in positions),
        ((f"{p.pair} amount", p.amount + p.pending) for p in positions),
    )
    for name, number in numbers:
        if not isfinite(number) or number < 0:
            return f"The account cannot be valued: {name} is {number}."
    return None
