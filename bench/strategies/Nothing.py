"""The floor: freqtrade itself, with a strategy that does nothing."""

from freqtrade.strategy import IStrategy
from pandas import DataFrame


class Nothing(IStrategy):
    """No indicator, no signal, no trade."""

    INTERFACE_VERSION = 3
    timeframe = "1h"
    startup_candle_count = 719
    stoploss = -0.30
    minimal_roi = {"0": 100}

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        return dataframe
