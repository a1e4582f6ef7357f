"""Higher timeframe: the last daily close stands above its 50-day average."""

import numpy as np
import pandas as pd

from nija_plugins import hookimpl
from nija_plugins.signals.indicators import ramp
from nija_plugins.view import Family, Vote


@hookimpl
def nija_votes(dataframe: pd.DataFrame) -> list[Vote]:
    """1 from 3% above `sma50_1d` on, 0 below it; abstains where there are no daily candles."""
    if not {"close_1d", "sma50_1d"} <= set(dataframe.columns):
        score = np.full(len(dataframe), np.nan)
    else:
        daily = dataframe[["close_1d", "sma50_1d"]].to_numpy(dtype=float)
        score = ramp(daily[:, 0] / daily[:, 1], 1.0, 1.03)
    series = pd.Series(score, index=dataframe.index)
    return [Vote("higher_timeframe", Family.HIGHER_TIMEFRAME, series)]
