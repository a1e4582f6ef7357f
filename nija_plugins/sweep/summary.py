"""What a sweep says: by set, by window, by start date; and chosen in one window, tried in the next.

Pure. Returns and drawdowns are fractions.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from statistics import median

from nija_plugins.sweep.figures import Row


@dataclass(frozen=True, slots=True)
class Cell:
    """The backtests of one set in one window, one for each start date: the middle and the range of
    their returns, the deepest drawdown, how many trades, whether a drawdown lock ended any."""

    middle: float
    worst: float
    best: float
    drawdown: float
    trades: int
    halted: bool


@dataclass(frozen=True, slots=True)
class SetSummary:
    """A set over all windows and start dates; `profitable` is the share of them that gained."""

    name: str
    backtests: int
    middle: float
    worst: float
    best: float
    drawdown: float
    profitable: float
    trades: int


@dataclass(frozen=True, slots=True)
class Fold:
    """The set that was best in the window `chosen_in`, its return there and in the next window
    `tried_in`, beside the middle of all sets in that."""

    chosen_in: str
    tried_in: str
    name: str
    then: float
    afterwards: float
    all_sets: float


def grid(rows: Sequence[Row]) -> dict[str, dict[str, Cell]]:
    """Set → window ("2021-01-01 to 2021-04-01") → cell, in the order of `rows`."""
    found: dict[str, dict[str, list[Row]]] = {}
    for row in rows:
        found.setdefault(row["set"], {}).setdefault(window_of(row), []).append(row)
    return {
        name: {window: _cell(some) for window, some in by_window.items()}
        for name, by_window in found.items()
    }


def by_set(rows: Sequence[Row]) -> list[SetSummary]:
    """Each set, the best middle return first; equal ones in the order of `rows`."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["set"], []).append(row)
    summaries = [_summary(name, some) for name, some in found.items()]
    return sorted(summaries, key=lambda one: -one.middle)


def by_start(rows: Sequence[Row]) -> list[tuple[int, SetSummary]]:
    """(days into the window, all sets and windows from there), earliest first."""
    days = {id(row): _days(row) for row in rows}
    ordered = sorted(rows, key=lambda row: days[id(row)])
    return [
        (start, _summary("", list(some)))
        for start, some in groupby(ordered, key=lambda row: days[id(row)])
    ]


def folds(rows: Sequence[Row]) -> list[Fold]:
    """Every window that another one follows without overlap, with what its best set did there.
    None with one set: there is nothing to choose."""
    cells = grid(rows)
    if len(cells) < 2:
        return []
    windows = sorted(
        {window_of(row): row for row in rows}.values(), key=lambda row: row["window_begin"]
    )
    found = []
    for row in windows:
        later = [one for one in windows if one["window_begin"] >= row["window_end"]]
        if not later:
            continue
        here, there = window_of(row), window_of(later[0])
        both = {n: c for n, c in cells.items() if here in c and there in c}
        if len(both) < 2:
            continue
        name = max(both, key=lambda one: both[one][here].middle)
        found.append(
            Fold(
                *(here, there, name, both[name][here].middle, both[name][there].middle),
                median(one[there].middle for one in both.values()),
            )
        )
    return found


def window_of(row: Row) -> str:
    """As `cases.Window` writes itself."""
    return f"{row['window_begin']} to {row['window_end']}"


def _days(row: Row) -> int:
    begun = date.fromisoformat(row["begin"]) - date.fromisoformat(row["window_begin"])
    return begun.days


def _cell(rows: Sequence[Row]) -> Cell:
    returns = [row["total_return"] for row in rows]
    return Cell(
        middle=median(returns),
        worst=min(returns),
        best=max(returns),
        drawdown=_deepest(rows),
        trades=sum(row["trades"] for row in rows),
        halted=any(row["halted"] for row in rows),
    )


def _summary(name: str, rows: Sequence[Row]) -> SetSummary:
    returns = [row["total_return"] for row in rows]
    return SetSummary(
        name=name,
        backtests=len(rows),
        middle=median(returns),
        worst=min(returns),
        best=max(returns),
        drawdown=_deepest(rows),
        profitable=sum(one > 0 for one in returns) / len(rows),
        trades=sum(row["trades"] for row in rows),
    )


def _deepest(rows: Iterable[Row]) -> float:
    return float(max(row["drawdown"] for row in rows))
