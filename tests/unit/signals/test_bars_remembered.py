"""Bars are made once of the same candles, and never of others."""

import numpy as np
import pandas as pd

from nija_plugins.bars import decision_rows, four_hour_bars


def candles(hours: int = 80) -> pd.DataFrame:
    close = 100.0 + np.arange(hours)
    dates = pd.date_range("2024-01-01", periods=hours, freq="h", tz="UTC", unit="ms")
    frame = pd.DataFrame({"date": dates, "open": close, "high": close + 1, "low": close - 1})
    return frame.assign(close=close, volume=1.0)


def test_a_changed_candle_makes_other_bars() -> None:
    frame = candles()
    four_hour_bars(frame)
    frame.loc[6, "high"] = 500.0
    assert four_hour_bars(frame)["high"].iloc[1] == 500.0
    frame.loc[6, "close"] = float("nan")
    assert not decision_rows(frame).iloc[7]
    assert len(four_hour_bars(frame)) == 19


def test_a_change_inside_the_candles_arrays_is_noticed() -> None:
    frame = candles()
    four_hour_bars(frame)
    values = frame["low"].to_numpy()
    values.flags.writeable = True
    values[1] = 7.0
    assert four_hour_bars(frame)["low"].iloc[0] == 7.0


def test_what_one_plugin_does_to_its_bars_another_does_not_see() -> None:
    frame = candles()
    mine = four_hour_bars(frame)
    mine["close"] = 0.0
    mine.loc[mine.index[0], "high"] = -1.0
    theirs = four_hour_bars(frame)
    assert (theirs["close"] > 0).all()
    assert theirs["high"].iloc[0] > 0


def test_the_same_candles_under_another_index_keep_theirs() -> None:
    frame = candles()
    assert list(four_hour_bars(frame).index[:2]) == [3, 7]
    shifted = frame.set_axis(frame.index + 1000)
    assert list(four_hour_bars(shifted).index[:2]) == [1003, 1007]
