"""The Turtles' first system (Dennis and Eckhardt, 1983), long side, one unit."""

from datetime import datetime
from typing import Any, ClassVar

import pandas as pd
import talib
from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy, stoploss_from_absolute

ENTRY, EXIT, STOP = 20, 10, 2.0
"""Days in the two channels, and the stop in average ranges ("N")."""


class DonchianTurtle(IStrategy):
    """Buys a close above the 20-day high, sells below the 10-day low or 2 N under the entry; daily
    candles."""

    INTERFACE_VERSION = 3
    timeframe = "1d"
    startup_candle_count = 60
    minimal_roi: ClassVar = {"0": 100}
    stoploss = -0.99
    use_custom_stoploss = True
    can_short = False

    def populate_indicators(
        self, dataframe: pd.DataFrame, metadata: dict[str, Any]
    ) -> pd.DataFrame:
        high, low, close = (dataframe[name].to_numpy() for name in ("high", "low", "close"))
        dataframe["ceiling"] = dataframe["high"].rolling(ENTRY).max().shift(1)
        dataframe["floor"] = dataframe["low"].rolling(EXIT).min().shift(1)
        dataframe["n"] = talib.ATR(high, low, close, ENTRY)
        return dataframe

    def populate_entry_trend(
        self, dataframe: pd.DataFrame, metadata: dict[str, Any]
    ) -> pd.DataFrame:
        dataframe.loc[dataframe["close"] > dataframe["ceiling"], "enter_long"] = 1
        return dataframe

    def populate_exit_trend(
        self, dataframe: pd.DataFrame, metadata: dict[str, Any]
    ) -> pd.DataFrame:
        dataframe.loc[dataframe["close"] < dataframe["floor"], "exit_long"] = 1
        return dataframe

    def custom_stoploss(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        after_fill: bool,
        **kwargs: Any,
    ) -> float | None:
        """2 N below the entry, N as it was on the day before."""
        candles, _ = self.dp.get_analyzed_dataframe(pair, self.timeframe)
        known = candles[candles["date"] < trade.date_entry_fill_utc]
        if known.empty:
            return None
        stop = trade.open_rate - STOP * float(known["n"].iloc[-1])
        return float(stoploss_from_absolute(stop, current_rate, is_short=False))
