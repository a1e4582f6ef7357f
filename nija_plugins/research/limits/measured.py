"""What one case came to, as plain data that a file keeps."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from nija_plugins import locks
from nija_plugins.research.engine import Outcome
from nija_plugins.research.limits.acted import days_acted
from nija_plugins.research.limits.case import Case
from nija_plugins.research.limits.marking import (
    Gap,
    Prices,
    Worst,
    hour_of,
    mark,
    restarts_of,
    trades_of,
)

DAY_LIMIT, FALL_LIMIT = 0.06, 0.12
"""What the shipped settings promise, fractions."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A case's worst day and drawdown, marked at the lows (fractions ≥ 0); what NIJA's own record
    (last closes) and freqtrade's wallet (opens, without the fee to get out, over all restarts)
    say; `over` are the days and falls beyond their limits, as (limit's name, `Worst`)."""

    trades: int
    final_balance: float
    worst_day: float
    drawdown: float
    own_worst_day: float
    own_drawdown: float
    wallet_drawdown: float
    restarts: int
    gaps: int
    halted: bool
    days: int
    acted: dict[str, int]
    over: tuple[tuple[str, Worst], ...]

    @property
    def unexplained(self) -> tuple[tuple[str, Worst], ...]:
        """Limits that were broken by more than the gaps cost: a fault in the money rules."""
        return tuple(one for one in self.over if not one[1].explained)

    def save(self, path: Path) -> None:
        """Writes `path`, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_suffix(".tmp")
        scratch.write_text(json.dumps(asdict(self)))
        scratch.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Measured | None":
        """What `save` wrote, None when there is nothing (readable)."""
        try:
            facts: dict[str, Any] = json.loads(path.read_text())
            over = tuple((name, _worst(worst)) for name, worst in facts.pop("over"))
            return cls(**facts, over=over)
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _worst(facts: dict[str, Any]) -> Worst:
    worst = Worst(**facts)
    return replace(worst, gaps=tuple(Gap(**gap) for gap in facts["gaps"]))


def measure(case: Case, outcome: Outcome, prices: dict[str, Prices]) -> Measured:
    """`outcome`, judged by `prices`."""
    first, last = hour_of(case.first), hour_of(case.last) - 1
    marked = mark(trades_of(outcome.trades), prices, case.balance, first, last)
    restarts = restarts_of(outcome.locks, locks.DRAWDOWN)
    days, falls = marked.days(DAY_LIMIT), marked.falls(FALL_LIMIT, restarts)
    over = [("worst day", day) for day in days if day.missing]
    over += [("drawdown", fall) for fall in falls if fall.missing]
    return Measured(
        trades=len(outcome.trades),
        final_balance=float(outcome.final_balance),
        worst_day=max(day.fall for day in days),
        drawdown=max(fall.fall for fall in falls),
        own_worst_day=-float(outcome.equity["worst_day"]),
        own_drawdown=float(outcome.equity["drawdown"]),
        wallet_drawdown=outcome.wallet_drawdown,
        restarts=sum(first < hour <= last for hour in restarts),
        gaps=len(marked.gaps),
        halted=any(reason == locks.DRAWDOWN for reason, _, _ in outcome.locks),
        days=len(days),
        acted=days_acted(
            outcome.refusals, outcome.locks, outcome.equity["raised"], case.first, case.last
        ),
        over=tuple(over),
    )
