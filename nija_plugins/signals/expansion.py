"""Breakout, by volatility: one unusually large bar that closes near its top."""

import pandas as pd
import talib

from nija_plugins import hookimpl
from nija_plugins.bars import four_hour_bars, onto_base
from nija_plugins.signals.indicators import average_range, ramp
from nija_plugins.view import Family, Vote


@hookimpl
def nija_votes(dataframe: pd.DataFrame) -> list[Vote]:
    """1 when close rose by twice the usual true range of a bar, 0 when by less than a whole one."""
    bars = four_hour_bars(dataframe)
    usual = pd.Series(average_range(bars, 42)).shift(1).to_numpy()
    rise = talib.MOM(bars["close"].to_numpy(), 1) / usual
    score = pd.Series(ramp(rise, 1.0, 2.0), index=bars.index)
    return [Vote("expansion", Family.BREAKOUT, onto_base(score, dataframe))]
