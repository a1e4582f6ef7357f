"""Trend: the price stands above its two-week average, and that average rises."""

import pandas as pd
import talib

from nija_plugins import hookimpl
from nija_plugins.bars import four_hour_bars, onto_base
from nija_plugins.signals.indicators import average_range, ramp, window_mean
from nija_plugins.view import Family, Vote

LENGTH, LEAN = 84, 12
"""Bars in the average (14 days), and bars over which it must have risen (2 days)."""


@hookimpl
def nija_votes(dataframe: pd.DataFrame) -> list[Vote]:
    """1 at a bar's range above an average that rose by 0.3 of one, 0 when either is down."""
    bars = four_hour_bars(dataframe)
    reach = average_range(bars, 20)
    average = window_mean(bars["close"].to_numpy(), LENGTH)
    above = ramp((bars["close"].to_numpy() - average) / reach, 0.0, 1.0)
    rising = ramp(talib.MOM(average, LEAN) / reach, 0.0, 0.3)
    score = pd.Series(above * rising, index=bars.index)
    return [Vote("trend", Family.TREND, onto_base(score, dataframe))]
