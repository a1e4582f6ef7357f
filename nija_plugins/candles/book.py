"""What was known of each pair at any moment: closes and views, looked up by time.

In a backtest freqtrade's own lookup ends one candle early at the loop's start and depends on the
order of the pairs within a candle, so NIJA keeps its own arrays and always asks for the last
candle that had *ended* by `now`.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from nija_plugins.view import Regime

LONGEST_GAP = 719
"""Candles that a bot which was down can look back on: what it loads at its start."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One row of a pair's view. `ended` is when its candle closed; fractions as in `Plan`."""

    ended: datetime
    close: float
    regime: Regime
    score: float
    stop: float
    target: float
    trail: float
    confidence: float
    win_probability: float
    volatility: float
    doubt: str | None
    problem: str | None

    def bent(
        self, *, score: float, stop: float, trail: float, target: float, widest: float
    ) -> "Reading":
        """This reading with score, stop, trail and target multiplied, as hyperopt tries them; stop
        and trail stay within `widest`."""
        return replace(
            self,
            score=min(self.score * score, 1.0),  # in this order NaN stays NaN
            stop=min(self.stop * stop, widest),
            trail=min(self.trail * trail, widest),
            target=self.target * target,
        )


READ = (
    *("close", "nija_regime", "nija_score", "nija_stop", "nija_target", "nija_trail"),
    *("nija_confidence", "nija_win_prob", "nija_doubt", "nija_volatility", "nija_problem"),
)
"""The columns of a view that a `Reading` is made of."""


class Book:
    """Closes and views of every pair that was analysed."""

    def __init__(self, timeframe_seconds: int) -> None:
        self._seconds = timeframe_seconds
        self._ends: dict[str, array[int]] = {}
        self._closes: dict[str, np.ndarray[Any, Any]] = {}
        self._views: dict[str, dict[str, np.ndarray[Any, Any]]] = {}
        self._view_ends: dict[str, array[int]] = {}
        self._candidates: dict[str, bytes] = {}

    @property
    def pairs(self) -> tuple[str, ...]:
        """Every pair with a view."""
        return tuple(self._views)

    @property
    def judged(self) -> datetime | None:
        """The end of the last candle that every pair was analysed with; None before the first."""
        last = [int(ends[-1]) for ends in self._view_ends.values() if len(ends)]
        return datetime.fromtimestamp(min(last), UTC) if last else None

    def observe_prices(self, pair: str, candles: pd.DataFrame) -> None:
        """Remembers the closes of `candles` (columns date in UTC and close). One that is missing or
        not above zero is no price: what is held keeps the worth of the close before."""
        if len(candles) and not self._up_to_date(pair, candles):
            closes = candles["close"].to_numpy(dtype=float)
            sound = np.isfinite(closes) & (closes > 0)
            self._ends[pair] = array("q", self._ends_of(candles)[sound].tobytes())
            self._closes[pair] = closes[sound]

    def observe(self, pair: str, dataframe: pd.DataFrame) -> None:
        """Remembers an analysed `dataframe` with NIJA's columns."""
        self._ends.pop(pair, None)
        self.observe_prices(pair, dataframe)
        # Columns: a row of a table is slow to get, and one is asked for at every candidate.
        self._views[pair] = {name: dataframe[name].to_numpy() for name in READ}
        self._view_ends[pair] = array("q", self._ends_of(dataframe).tobytes())
        self._candidates[pair] = dataframe["nija_candidate"].to_numpy(dtype=bool).tobytes()

    def close(self, pair: str, now: datetime) -> float | None:
        """The last close whose candle had ended by `now`, in stake currency."""
        row = _last_until(self._ends.get(pair), now)
        return None if row is None else float(self._closes[pair][row])

    def highest_close(self, pair: str, since: datetime, until: datetime) -> float | None:
        """The highest close of candles that ended after `since` and by `until`."""
        last = _last_until(self._ends.get(pair), until)
        if last is None:
            return None
        first = _count_until(self._ends[pair], since)
        return float(self._closes[pair][first : last + 1].max()) if first <= last else None

    def ends_between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """When candles ended after `after` and before the last one that had ended by `until`, at
        most `LONGEST_GAP` of them."""
        first = int(after.timestamp()) // self._seconds + 1
        last = int(until.timestamp()) // self._seconds
        for number in range(max(first, last - LONGEST_GAP), last):
            yield datetime.fromtimestamp(number * self._seconds, UTC)

    def reading(self, pair: str, now: datetime) -> Reading | None:
        """The view of the last candle that had ended by `now`, or None."""
        row = _last_until(self._view_ends.get(pair), now)
        if row is None:
            return None
        found = {name: column[row] for name, column in self._views[pair].items()}
        doubt, problem = found["nija_doubt"], found["nija_problem"]
        return Reading(
            ended=datetime.fromtimestamp(self._view_ends[pair][row], UTC),
            close=float(found["close"]),
            regime=Regime(found["nija_regime"]),
            score=float(found["nija_score"]),
            stop=float(found["nija_stop"]),
            target=float(found["nija_target"]),
            trail=float(found["nija_trail"]),
            confidence=float(found["nija_confidence"]),
            win_probability=float(found["nija_win_prob"]),
            volatility=float(found["nija_volatility"]),
            doubt=doubt if isinstance(doubt, str) else None,
            problem=problem if isinstance(problem, str) else None,
        )

    def candidates(self, now: datetime) -> Iterator[tuple[str, datetime]]:
        """The pairs whose last candle that had ended by `now` has a signal that may become an
        entry, and when it ended."""
        moment = int(now.timestamp())
        for pair, ends in self._view_ends.items():
            row = bisect_right(ends, moment) - 1
            if row >= 0 and self._candidates[pair][row]:
                yield pair, datetime.fromtimestamp(ends[row], UTC)

    def ends_with(self, now: datetime) -> bool:
        """Whether no later candle is known of any pair than the one that opens at `now`."""
        after = int(now.timestamp()) + self._seconds
        return all(ends[-1] <= after for ends in self._ends.values() if len(ends))

    def _ends_of(self, candles: pd.DataFrame) -> np.ndarray[Any, Any]:
        starts = candles["date"].to_numpy(dtype="datetime64[s]").astype(np.int64)
        return np.asarray(starts + self._seconds)

    def _up_to_date(self, pair: str, candles: pd.DataFrame) -> bool:
        ends = self._ends.get(pair)
        if ends is None or not len(ends):
            return False
        return bool(candles["date"].iloc[-1].timestamp() + self._seconds <= ends[-1])


def _last_until(ends: "array[int] | None", moment: datetime) -> int | None:
    """The row of the last candle that had ended by `moment`."""
    if ends is None:
        return None
    row = _count_until(ends, moment) - 1
    return row if row >= 0 else None


def _count_until(ends: "array[int]", moment: datetime) -> int:
    """How many candles had ended by `moment`. Python's own array and bisect: asked a hundred
    thousand times for one number each, numpy is the slower one."""
    return bisect_right(ends, int(moment.timestamp()))
