"""SuperTrend (Olivier Seban): in the market while the close is above a band of average ranges."""

from typing import Any, ClassVar

import numpy as np
import pandas as pd
import talib
from freqtrade.strategy import IStrategy

LENGTH, WIDTH = 10, 3.0
"""The textbook's ATR length and multiple."""


class SuperTrend(IStrategy):
    """Buys when the trend line turns up, sells when it turns down; 4h candles."""

    INTERFACE_VERSION = 3
    timeframe = "4h"
    startup_candle_count = 100
    minimal_roi: ClassVar = {"0": 100}
    stoploss = -0.99
    can_short = False

    def populate_indicators(
        self, dataframe: pd.DataFrame, metadata: dict[str, Any]
    ) -> pd.DataFrame:
        dataframe["up"] = trend_is_up(dataframe)
        return dataframe

    def populate_entry_trend(
        self, dataframe: pd.DataFrame, metadata: dict[str, Any]
    ) -> pd.DataFrame:
        turned = (dataframe["up"] == 1) & (dataframe["up"].shift(1) == 0)
        dataframe.loc[turned, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(
        self, dataframe: pd.DataFrame, metadata: dict[str, Any]
    ) -> pd.DataFrame:
        dataframe.loc[dataframe["up"] == 0, "exit_long"] = 1
        return dataframe


def trend_is_up(dataframe: pd.DataFrame) -> pd.Series:
    """1 while the trend is up, 0 while it is down, missing while the range is not known."""
    high, low, close = (dataframe[name].to_numpy() for name in ("high", "low", "close"))
    reach = WIDTH * talib.ATR(high, low, close, LENGTH)
    upper, lower = (high + low) / 2 + reach, (high + low) / 2 - reach
    up = np.full(len(close), np.nan)
    for row in range(LENGTH + 1, len(close)):
        # A band only moves towards the price while the price stays on its side of it.
        if close[row - 1] <= upper[row - 1]:
            upper[row] = min(upper[row], upper[row - 1])
        if close[row - 1] >= lower[row - 1]:
            lower[row] = max(lower[row], lower[row - 1])
        if close[row] > upper[row - 1]:
            up[row] = 1
        elif close[row] < lower[row - 1]:
            up[row] = 0
        else:
            up[row] = up[row - 1]
    return pd.Series(up, index=dataframe.index)
