"""Breakout, by price: the close leaves the range of the last week (Donchian's channel)."""

import pandas as pd
import talib

from nija_plugins import hookimpl
from nija_plugins.bars import four_hour_bars, onto_base
from nija_plugins.signals.indicators import average_range, ramp
from nija_plugins.view import Family, Vote

LENGTH = 42
"""Bars in the range, a week."""


@hookimpl
def nija_votes(dataframe: pd.DataFrame) -> list[Vote]:
    """1 at a close above every high of the range before it, 0 from half a bar's range below."""
    bars = four_hour_bars(dataframe)
    ceiling = pd.Series(talib.MAX(bars["high"].to_numpy(), LENGTH)).shift(1).to_numpy()
    distance = (bars["close"].to_numpy() - ceiling) / average_range(bars, 20)
    score = pd.Series(ramp(distance, -0.5, 0.0), index=bars.index)
    return [Vote("range_break", Family.BREAKOUT, onto_base(score, dataframe))]
