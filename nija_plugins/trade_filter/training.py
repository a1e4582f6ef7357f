"""The model that serves a quarter, or why there is none."""

from collections import OrderedDict
from datetime import timedelta

import numpy as np
import pandas as pd

from nija_plugins.history import History, digest
from nija_plugins.trade_filter import store
from nija_plugins.trade_filter.features import NAMES
from nija_plugins.trade_filter.model import Model, TooFew, fit
from nija_plugins.trade_filter.samples import pooled, samples
from nija_plugins.trade_filter.windows import NEEDED, TOLERANCE, Window

WARM_UP = timedelta(days=35)
"""What features and plans look back on before the first candidate."""
REMEMBERED = 8
"""Tables of samples kept in this process: a running bot asks for the same ones every hour."""

_recent: OrderedDict[str, pd.DataFrame] = OrderedDict()


class NotEnough(Exception):
    """No model can be fitted; the message says what is missing and how to fetch it."""


class Trainer:
    """Fits, or finds, the models that judge `pair`, for windows that open by `until`.

    What opens after `until` is not looked at: everything learned from ends before a window opens.
    """

    def __init__(self, history: History, pair: str, until: pd.Timestamp) -> None:
        self._history, self._pair = history, pair
        self._candles = {one: history.before(one, until) for one in history.pairs}
        self._samples: dict[str, pd.DataFrame] = {}

    def model(self, window: Window) -> Model:
        """The model for `window`. Raises NotEnough."""
        missing, needed = lacking(self._candles[self._pair], window)
        command = self._history.command(self._pair, window.first - WARM_UP)
        if missing > TOLERANCE * needed:
            raise NotEnough(
                f"The AI filter learns from the year before {window.opens:%Y-%m-%d}, and "
                f"{missing:,} of {needed:,} candles of {self._pair} are missing. Run: {command}"
            )
        learned = self.training_set(window)
        try:
            return store.fetched(
                digest(store.code(), learned), self._history.cache, lambda: fitted(learned)
            )
        except TooFew as error:
            raise NotEnough(
                f"The AI filter cannot learn for {window.name} from {error}. "
                f"More candles: {command}"
            ) from None

    def training_set(self, window: Window) -> pd.DataFrame:
        """The labelled candidates of every pair of which enough is known before `window`: the
        columns of `samples`, and `pair`."""
        tables = {}
        for pair, candles in self._candles.items():
            missing, needed = lacking(candles, window)
            if missing <= TOLERANCE * needed:
                tables[pair] = self._samples_of(pair)
        return pooled(tables, window.first, window.last)

    def _samples_of(self, pair: str) -> pd.DataFrame:
        if pair not in self._samples:
            fee, time_stop = self._history.fee, self._history.time_stop
            key = digest(self._candles[pair], fee, time_stop)
            if key not in _recent:
                _recent[key] = samples(self._candles[pair], fee, time_stop)
            _recent.move_to_end(key)
            while len(_recent) > REMEMBERED:
                _recent.popitem(last=False)
            self._samples[pair] = _recent[key]
        return self._samples[pair]


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
