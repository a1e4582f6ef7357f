"""Mean reversion: a pullback within a rising market that has begun to turn."""

import numpy as np
import pandas as pd
import talib

from nija_plugins import hookimpl
from nija_plugins.bars import four_hour_bars, onto_base
from nija_plugins.signals.indicators import Floats, average_range, ramp, window_mean
from nija_plugins.view import Family, Vote

LENGTH = 14
"""Bars in the relative strength index."""
AVERAGE, LEAN = 84, 12
"""The rising average that makes it a pullback and no fall: as in `signals.trend`."""


@hookimpl
def nija_votes(dataframe: pd.DataFrame) -> list[Vote]:
    """1 when the bar before was weak (RSI 35 or less), the market above its rising two-week
    average, and this bar closes above the high before it; 0 from RSI 45 on or without a turn."""
    bars = four_hour_bars(dataframe)
    high, close = bars["high"].to_numpy(), bars["close"].to_numpy()
    reach = average_range(bars, 20)
    average = window_mean(close, AVERAGE)
    rising = (close > average) & (talib.MOM(average, LEAN) > 0)
    weak = ramp(-pd.Series(relative_strength(close, LENGTH)).shift(1).to_numpy(), -45.0, -35.0)
    turned = close > pd.Series(high).shift(1).to_numpy()
    known = ~np.isnan(reach) & ~np.isnan(talib.MOM(average, LEAN))
    score = pd.Series(np.where(known, weak * (rising & turned), np.nan), index=bars.index)
    return [Vote("mean_reversion", Family.MEAN_REVERSION, onto_base(score, dataframe))]


def relative_strength(close: Floats, length: int) -> Floats:
    """Wilder's RSI with plain means (Cutler's), in [0, 100], which never remembers further back;
    50 where the price did not move."""
    steps = np.diff(close, prepend=np.nan)
    gained = window_mean(np.clip(steps, 0.0, None), length)
    moved = window_mean(np.abs(steps), length)
    half = np.where(np.isnan(moved), np.nan, 0.5)
    return 100 * np.divide(gained, moved, out=half, where=moved > 0)
