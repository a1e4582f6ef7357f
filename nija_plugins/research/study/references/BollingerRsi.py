"""Reversal: a close below the lower Bollinger band while RSI is oversold."""

from typing import Any, ClassVar

import pandas as pd
import talib
from freqtrade.strategy import IStrategy

LENGTH, WIDTH, OVERSOLD = 20, 2.0, 30.0
"""Bollinger's band and Wilder's level."""


class BollingerRsi(IStrategy):
    """Buys below the lower band with RSI(14) under 30, sells at the middle band; 1h candles, stop
    10%."""

    INTERFACE_VERSION = 3
    timeframe = "1h"
    startup_candle_count = 200
    minimal_roi: ClassVar = {"0": 100}
    stoploss = -0.10
    can_short = False

    def populate_indicators(
        self, dataframe: pd.DataFrame, metadata: dict[str, Any]
    ) -> pd.DataFrame:
        close = dataframe["close"].to_numpy()
        _, dataframe["middle"], dataframe["lower"] = talib.BBANDS(close, LENGTH, WIDTH, WIDTH)
        dataframe["rsi"] = talib.RSI(close, 14)
        return dataframe

    def populate_entry_trend(
        self, dataframe: pd.DataFrame, metadata: dict[str, Any]
    ) -> pd.DataFrame:
        low = (dataframe["close"] < dataframe["lower"]) & (dataframe["rsi"] < OVERSOLD)
        dataframe.loc[low, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(
        self, dataframe: pd.DataFrame, metadata: dict[str, Any]
    ) -> pd.DataFrame:
        dataframe.loc[dataframe["close"] > dataframe["middle"], "exit_long"] = 1
        return dataframe
