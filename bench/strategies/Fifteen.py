"""A plain strategy as people write them: 15 TA-Lib indicators, a signal, four empty callbacks."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy
from pandas import DataFrame


class Fifteen(IStrategy):
    """Buys strength, sells weakness."""

    INTERFACE_VERSION = 3
    timeframe = "1h"
    startup_candle_count = 719
    stoploss = -0.10
    minimal_roi = {"0": 100}

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        for length in (7, 14, 28):
            dataframe[f"rsi_{length}"] = ta.RSI(dataframe, timeperiod=length)
            dataframe[f"adx_{length}"] = ta.ADX(dataframe, timeperiod=length)
            dataframe[f"atr_{length}"] = ta.ATR(dataframe, timeperiod=length)
            dataframe[f"ema_{length}"] = ta.EMA(dataframe, timeperiod=length)
            dataframe[f"mfi_{length}"] = ta.MFI(dataframe, timeperiod=length)
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        strong = (dataframe["rsi_28"] > 70) & (dataframe["adx_28"] > 25)
        dataframe.loc[strong, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe.loc[dataframe["rsi_28"] < 40, "exit_long"] = 1
        return dataframe

    def bot_loop_start(self, current_time, **kwargs) -> None:
        pass

    def custom_stake_amount(self, pair, current_time, current_rate, proposed_stake, **kwargs):
        return proposed_stake

    def confirm_trade_entry(self, pair, order_type, amount, rate, **kwargs) -> bool:
        return True

    def custom_exit(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        return None
