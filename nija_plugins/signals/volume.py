"""Volume: a bar that rises on twice the usual volume."""

import numpy as np
import pandas as pd
import talib

from nija_plugins import hookimpl
from nija_plugins.bars import four_hour_bars, onto_base
from nija_plugins.signals.indicators import average_range, ramp, window_mean
from nija_plugins.view import Family, Vote

USUAL = 42
"""Bars before this one whose mean volume is the usual one, a week."""


@hookimpl
def nija_votes(dataframe: pd.DataFrame) -> list[Vote]:
    """1 when volume was twice the usual and close rose by a bar's true range; 0 when either is no
    more than usual, or the close did not rise. Abstains where nobody trades."""
    bars = four_hour_bars(dataframe)
    volume = bars["volume"].to_numpy()
    usual = pd.Series(window_mean(volume, USUAL)).shift(1).to_numpy()
    busy = ramp(volume / np.where(usual > 0, usual, np.nan), 1.0, 2.0)
    rise = ramp(talib.MOM(bars["close"].to_numpy(), 1) / average_range(bars, 20), 0.0, 1.0)
    score = pd.Series(busy * rise, index=bars.index)
    return [Vote("volume", Family.VOLUME, onto_base(score, dataframe))]
