"""The model that serves a quarter, or why there is none."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from nija_plugins.candles.history import History, digest
from nija_plugins.trade_filter import store
from nija_plugins.trade_filter.features import NAMES
from nija_plugins.trade_filter.model import Model, TooFew, fit
from nija_plugins.trade_filter.samples import pooled, samples
from nija_plugins.trade_filter.windows import NEEDED, TOLERANCE, Window

WARM_UP = timedelta(days=35)
"""What features and plans look back on before the first candidate."""
REMEMBERED = 4
"""Lessons kept in this process: a running bot asks for the same ones every hour, and each pair of a
backtest learns the same as the others."""


class NotEnough(Exception):
    """No model can be fitted; the message says what is missing and how to fetch it."""


@dataclass(frozen=True, eq=False)
class Lessons:
    """What the candles of all pairs teach, worked out once per window."""

    candles: dict[str, pd.DataFrame]
    fee: float
    time_stop: timedelta
    cache: Path | None
    _samples: dict[str, pd.DataFrame] = field(default_factory=dict)
    _lacking: dict[tuple[str, Window], tuple[int, int]] = field(default_factory=dict)
    _models: dict[Window, Model | TooFew] = field(default_factory=dict)

    def same_as(self, other: "Lessons") -> bool:
        """Whether both learn from the very same tables, at the same costs."""
        mine, theirs = self.candles, other.candles
        return (
            (self.fee, self.time_stop, self.cache) == (other.fee, other.time_stop, other.cache)
            and list(mine) == list(theirs)
            and all(mine[pair] is theirs[pair] for pair in mine)
        )

    def lacking(self, pair: str, window: Window) -> tuple[int, int]:
        """See `lacking`."""
        key = (pair, window)
        if key not in self._lacking:
            self._lacking[key] = lacking(self.candles[pair], window)
        return self._lacking[key]

    def model(self, window: Window) -> Model:
        """The model of a window. Raises TooFew."""
        if window not in self._models:
            learned = self.training_set(window)
            key = digest(store.code(), learned)
            try:
                self._models[window] = store.fetched(key, self.cache, lambda: fitted(learned))
            except TooFew as error:
                self._models[window] = error
        found = self._models[window]
        if isinstance(found, TooFew):
            raise found
        return found

    def training_set(self, window: Window) -> pd.DataFrame:
        """See `Trainer.training_set`."""
        tables = {}
        for pair in self.candles:
            missing, needed = self.lacking(pair, window)
            if missing <= TOLERANCE * needed:
                tables[pair] = self._samples_of(pair)
        return pooled(tables, window.first, window.last)

    def _samples_of(self, pair: str) -> pd.DataFrame:
        if pair not in self._samples:
            self._samples[pair] = samples(self.candles[pair], self.fee, self.time_stop)
        return self._samples[pair]


_recent: list[Lessons] = []


def _remembered(lessons: Lessons) -> Lessons:
    """`lessons`, or what was worked out of the same ones before. A history hands out one object for
    as long as a pair's past does not change, so nothing has to be compared but identities."""
    for known in _recent:
        if known.same_as(lessons):
            return known
    _recent.append(lessons)
    del _recent[:-REMEMBERED]
    return lessons


class Trainer:
    """Fits, or finds, the models that judge `pair`, for windows that open by `until`.

    What opens after `until` is not looked at: everything learned from ends before a window opens.
    """

    def __init__(self, history: History, pair: str, until: pd.Timestamp) -> None:
        self._history, self._pair = history, pair
        candles = {one: history.before(one, until) for one in history.pairs}
        self._lessons = _remembered(Lessons(candles, history.fee, history.time_stop, history.cache))

    def model(self, window: Window) -> Model:
        """The model for `window`. Raises NotEnough."""
        missing, needed = self._lessons.lacking(self._pair, window)
        try:
            if missing <= TOLERANCE * needed:
                return self._lessons.model(window)
        except TooFew as error:
            raise NotEnough(
                f"The AI filter cannot learn for {window.name} from {error}. "
                f"More candles: {self._command(window)}"
            ) from None
        raise NotEnough(
            f"The AI filter learns from the year before {window.opens:%Y-%m-%d}, and "
            f"{missing:,} of {needed:,} candles of {self._pair} are missing. "
            f"Run: {self._command(window)}"
        )

    def _command(self, window: Window) -> str:
        return self._history.command(self._pair, window.first - WARM_UP)

    def training_set(self, window: Window) -> pd.DataFrame:
        """The labelled candidates of every pair of which enough is known before `window`: the
        columns of `samples`, and `pair`."""
        return self._lessons.training_set(window)


def fitted(learned: pd.DataFrame) -> Model:
    """The model of a training set. Raises TooFew."""
    return fit(
        learned[list(NAMES)].to_numpy(dtype=float),
        (learned["r"] > 0).to_numpy(dtype=bool),
        learned["entered"].to_numpy(dtype=np.int64),
        learned["left"].to_numpy(dtype=np.int64),
    )


def lacking(candles: pd.DataFrame, window: Window) -> tuple[int, int]:
    """How many of the candles needed before `window` are missing, and how many are needed. An hour
    without a trade counts as missing: freqtrade fills what it does not have with such."""
    needed = int(NEEDED / timedelta(hours=1))
    begin, end = (
        int(candles["date"].searchsorted(moment))
        for moment in (window.opens - NEEDED, window.opens)
    )
    traded = int((candles["volume"].iloc[begin:end] > 0).sum())
    return max(0, needed - traded), needed
