"""What we own right now, as one immutable value.

`equity` and `worst_case` have one definition each, here; tiers, sizing, limits and reports use it.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain
from math import isfinite
from typing import TYPE_CHECKING

from nija_plugins.brokers.others import ALONE, Others

if TYPE_CHECKING:
    from nija_plugins.incidents import Incident
    from nija_plugins.live.holdings import Unexplained
    from nija_plugins.scaling.limits import Limits
    from nija_plugins.scaling.tiers import ScalingTier


@dataclass(frozen=True, slots=True)
class Position:
    """An open trade.

    `amount` is filled, `pending` is still resting in an entry order at `entry_price` (its cash is
    reserved, not spent); `mark` is the last closed price, `stop` the price of the present stop,
    `fee` the fraction paid on each side. `owed` is what leverage borrowed for the filled amount,
    less the funding received so far (so it may be negative). Amounts are in base currency, prices
    and `owed` in stake currency.
    """

    pair: str
    amount: float
    entry_price: float
    mark: float
    stop: float
    fee: float
    pending: float = 0.0
    owed: float = 0.0

    @property
    def value(self) -> float:
        """What selling now would bring, less the fee to get out and what is owed."""
        return self.amount * self.mark * (1 - self.fee) - self.owed

    @property
    def exposure(self) -> float:
        """What it is worth at the last closed price, a resting entry at its own."""
        return self.amount * self.mark + self.pending * self.entry_price

    @property
    def value_at_stop(self) -> float:
        """What is left when the stop is hit; below a stop already passed, what the mark brings."""
        return self.amount * min(self.stop, self.mark) * (1 - self.fee) - self.owed

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
        """The benchmarks after seeing `equity` at `now` (UTC); a new day opens at 00:00 UTC, and a
        clock that is put back over midnight opens no cheaper one."""
        if now.date() == self.day and equity <= self.peak:
            return self
        opening = equity if now.date() > self.day else self.day_open
        if now.date() < self.day:
            opening = max(opening, equity)
        return replace(self, day=now.date(), day_open=opening, peak=max(self.peak, equity))

    def scaled(self, share: float) -> "Benchmarks":
        """Both levels multiplied by `share`, as a deposit or withdrawal multiplied the equity."""
        return replace(self, day_open=self.day_open * share, peak=self.peak * share)


@dataclass(frozen=True, slots=True)
class Account:
    """Everything the money rules may know. All amounts in stake currency, `time` in UTC.

    `cash` is every unit of stake currency on this broker that is ours, what sold coins have not
    brought yet included, what bought ones have not cost yet excluded; `free_cash` is the part that
    is there and that no resting order reserves; `positions` are open here, `others` is what the
    portfolio's other brokers add. `benchmarks`, `tier` and `limits` are the whole portfolio's.
    `started` is true once the account met its minimum balances. `wins` and `losses` count its
    closed trades, `losing_streak` the losses since the last win or streak pause; `locks` are the
    active locks on all pairs, (reason, end); `incidents` those of the last hour. `unsettled` is a
    change of cash that may be a deposit or a withdrawal; the benchmarks already count it as one.
    `awaited` is a sentence while sold coins have not brought their money; `unexplained` is what the
    exchange holds and no trade explains. `problem` is a sentence when this account cannot be
    trusted.
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
    awaited: str | None = None
    unexplained: "tuple[Unexplained, ...]" = ()
    problem: str | None = None
    others: Others = ALONE

    @property
    def equity(self) -> float:
        """Cash + open positions at the last closed price, less the fee to get out, over all
        brokers."""
        return self.own_equity + self.others.equity

    @property
    def worst_case(self) -> float:
        """W: cash + Σ amount × stop × (1 - fee), what is left if every stop is hit, over all
        brokers."""
        return self.own_worst_case + self.others.worst_case

    @property
    def own_equity(self) -> float:
        """The part of `equity` that is on this broker."""
        return equity(self.cash, self.positions)

    @property
    def own_worst_case(self) -> float:
        """The part of `worst_case` that is on this broker."""
        return worst_case(self.cash, self.positions)

    @property
    def all_free_cash(self) -> float:
        """Free cash over all brokers; what can be spent here is `free_cash`."""
        return self.free_cash + self.others.free_cash

    @property
    def brokers(self) -> int:
        """How many brokers the portfolio has."""
        return 1 + self.others.brokers

    @property
    def open_positions(self) -> int:
        """Open positions over all brokers, entries that are reserved there included."""
        return len(self.positions) + len(self.others.held)

    def in_asset(self, asset: str) -> float:
        """What is held of `asset` over all brokers, resting entries at their price included."""
        own = sum(one.exposure for one in self.positions if one.pair.partition("/")[0] == asset)
        return own + sum(one.value for one in self.others.held if one.asset == asset)


def equity(cash: float, positions: tuple[Position, ...]) -> float:
    """Cash + Σ position values after the exit fee, in stake currency."""
    return cash + sum(position.value for position in positions)


def worst_case(cash: float, positions: tuple[Position, ...]) -> float:
    """W (docs/money.md): resting entry orders are assumed to fill and to hit their stop."""
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
    for position in positions:
        if not isfinite(position.owed):
            return f"The account cannot be valued: {position.pair} funding is {position.owed}."
    for name, number in numbers:
        if not isfinite(number) or number < 0:
            return f"The account cannot be valued: {name} is {number}."
    return None
