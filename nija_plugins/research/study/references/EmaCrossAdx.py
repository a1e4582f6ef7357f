"""Two exponential averages cross while Wilder's ADX says that there is a trend."""

from typing import Any, ClassVar

import pandas as pd
import talib
from freqtrade.strategy import IStrategy

FAST, SLOW, TREND = 12, 26, 25.0
"""MACD's two averages, and the ADX above which Wilder speaks of a trend."""


class EmaCrossAdx(IStrategy):
    """Buys when the fast average crosses above the slow one with ADX above 25, sells when it
    crosses back; 4h candles."""

    INTERFACE_VERSION = 3
    timeframe = "4h"
    startup_candle_count = 200
    minimal_roi: ClassVar = {"0": 100}
    stoploss = -0.99
    can_short = False

    def populate_indicators(
        self, dataframe: pd.DataFrame, metadata: dict[str, Any]
    ) -> pd.DataFrame:
        high, low, close = (dataframe[name].to_numpy() for name in ("high", "low", "close"))
        dataframe["above"] = talib.EMA(close, FAST) > talib.EMA(close, SLOW)
        dataframe["adx"] = talib.ADX(high, low, close, 14)
        return dataframe

    def populate_entry_trend(
        self, dataframe: pd.DataFrame, metadata: dict[str, Any]
    ) -> pd.DataFrame:
        trending = dataframe["above"] & (dataframe["adx"] > TREND)
        began = trending & ~trending.shift(1, fill_value=False)
        dataframe.loc[began, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(
        self, dataframe: pd.DataFrame, metadata: dict[str, Any]
    ) -> pd.DataFrame:
        dataframe.loc[~dataframe["above"], "exit_long"] = 1
        return dataframe
