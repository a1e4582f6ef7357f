"""Entries by themselves: what would have become of an entry at *every* 4h close, under the plan.

No position limit, no sizing: one number per bar, its profit in units of what the stop would lose
(R), both fees included. A voter, a regime or a weight is then a choice among these bars, and what
it is worth is what its bars have over an ordinary one.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pluggy

from nija_plugins import answers
from nija_plugins.bars import decision_rows
from nija_plugins.candles.days import beside
from nija_plugins.guard import Hooks, PluginFailure
from nija_plugins.settings import Settings
from nija_plugins.view import Plan, Vote

LONGEST = 30 * 24
"""The time stop, in hours."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class WayOut:
    """What is tried beside the plan's stop and trail, in units of the stop's distance (R): from a
    close so far above the entry on the stop covers the entry and both fees; half is sold at a limit
    so far above it."""

    break_even: float | None = None
    half_at: float | None = None


AS_SHIPPED = WayOut()


@dataclass(frozen=True)
class Look:
    """What the market side says of one pair: candles with daily columns, regime, votes, plan."""

    pair: str
    candles: pd.DataFrame
    regime: pd.Series
    votes: list[Vote]
    plan: Plan


def look(pair: str, datadir: Path, manager: pluggy.PluginManager, settings: Settings) -> Look:
    """The market's side of `pair` over all candles in `datadir`. Raises PluginFailure."""
    hooks = Hooks(manager)
    frame = beside(*(_candles(pair, datadir, timeframe) for timeframe in ("1h", "1d")))
    given = {"dataframe": frame, "pair": pair, "settings": settings}
    votes: list[Vote] = []
    for _, answer in hooks.every("nija_votes", answers.votes(frame.index), **given):
        if isinstance(answer, PluginFailure):
            raise answer
        votes.extend(answer or [])
    regime = hooks.first("nija_regime", answers.regimes(frame.index), **given)
    plan = hooks.first("nija_plan", answers.plan(frame.index), **given)
    return Look(pair, frame, regime, votes, plan)


def outcomes(found: Look, fee: float, way_out: WayOut = AS_SHIPPED) -> pd.DataFrame:
    """A row per 4h close with a plan and thirty days of future: date (when the bar closed), hours
    it would have lasted, r, and `gain_over_loss` (b of the reward/risk rule, after fees).

    Entered at the next hour's open; stopped at the stop, or at the open when that lies below it;
    the stop trails behind closes; after 30 days it leaves at the open. `fee` a side, a fraction.
    """
    frame, plan = found.candles, found.plan
    decided = decision_rows(frame).to_numpy() & plan.stop.notna().to_numpy()
    rows = np.flatnonzero(decided)
    rows = rows[rows + 1 + LONGEST < len(frame)]
    prices = ("open", "high", "low", "close")
    path = _Path(*(frame[name].to_numpy(dtype=float) for name in prices))
    stop, target, trail = (
        one.to_numpy(dtype=float)[rows] for one in (plan.stop, plan.target, plan.trail)
    )
    price = path.opened[rows + 1]
    left, hours = _lived(price, stop, trail, rows + 1, path, way_out, fee)
    loss = (1 + fee) - (1 - stop) * (1 - fee)
    gain = (1 + target) * (1 - fee) - (1 + fee)
    return pd.DataFrame(
        {
            "row": rows,
            "date": frame["date"].iloc[rows].array + pd.Timedelta(hours=1),
            "hours": hours,
            "profit": left / price * (1 - fee) - (1 + fee),
            "r": (left / price * (1 - fee) - (1 + fee)) / loss,
            "gain_over_loss": gain / loss,
        }
    )


class _Path(NamedTuple):
    opened: Floats
    high: Floats
    low: Floats
    close: Floats


def _lived(
    price: Floats,
    stop: Floats,
    trail: Floats,
    first: npt.NDArray[np.intp],
    path: _Path,
    way_out: WayOut,
    fee: float,
) -> tuple[Floats, npt.NDArray[np.intp]]:
    """The mean price at which each entry left and after how many hours; all entries step through
    time together. Within an hour the stop comes before the limit of the half."""
    level, best = price * (1 - stop), np.zeros(len(price))
    left = np.full(len(price), np.nan)
    half = np.full(len(price), np.nan)
    hours = np.zeros(len(price), dtype=np.intp)
    for hour in range(LONGEST + 1):
        living = np.flatnonzero(np.isnan(left))
        now = first[living] + hour
        at_open = (path.opened[now] <= level[living]) | (hour == LONGEST)
        at_stop = ~at_open & (path.low[now] <= level[living])
        left[living[at_open]] = path.opened[now[at_open]]
        left[living[at_stop]] = level[living[at_stop]]
        hours[living] = hour
        best[living] = np.maximum(best[living], path.close[now])
        level[living] = np.maximum(level[living], best[living] * (1 - trail[living]))
        if way_out.break_even is not None:
            safe = living[best[living] >= price[living] * (1 + way_out.break_even * stop[living])]
            level[safe] = np.maximum(level[safe], price[safe] * (1 + fee) / (1 - fee))
        if way_out.half_at is not None:
            limit = price[living] * (1 + way_out.half_at * stop[living])
            sold = np.isnan(half[living]) & ~at_open & ~at_stop & (path.high[now] >= limit)
            half[living[sold]] = limit[sold]
    return np.where(np.isnan(half), left, (left + half) / 2), hours


def one_at_a_time(chosen: pd.DataFrame) -> pd.DataFrame:
    """The rows that could be traded with one position a pair: not while the last one lives."""
    kept: list[int] = []
    free = pd.Timestamp.min.tz_localize("UTC")
    ends = chosen["date"] + pd.to_timedelta(chosen["hours"] + 1, unit="h")
    for position, (entered, left) in enumerate(zip(chosen["date"], ends, strict=True)):
        if entered >= free:
            kept.append(position)
            free = left
    return chosen.iloc[kept]


def _candles(pair: str, datadir: Path, timeframe: str) -> pd.DataFrame:
    """Stored candles, missing hours filled as freqtrade fills them."""
    from freqtrade.data.history import load_pair_history

    candles: pd.DataFrame = load_pair_history(pair, timeframe, datadir, fill_up_missing=True)
    return candles
