"""How much a pair moves in a day."""

import numpy as np
import pandas as pd

from nija_plugins.bars import four_hour_bars, onto_base
from nija_plugins.signals.indicators import window_std

LENGTH = 168
"""Returns of 4h bars, four weeks."""


def daily_volatility(dataframe: pd.DataFrame) -> pd.Series:
    """Standard deviation of daily log returns as a fraction, per 1h candle; NaN if unknown.

    Estimated from 4h returns over four weeks: a day has six, so it is theirs times √6.
    """
    bars = four_hour_bars(dataframe)
    returns = np.diff(np.log(bars["close"].to_numpy()), prepend=np.nan)
    daily = window_std(returns, LENGTH) * np.sqrt(6)
    return onto_base(pd.Series(daily, index=bars.index), dataframe)
