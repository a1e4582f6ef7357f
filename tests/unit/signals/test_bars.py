import numpy as np
import pandas as pd
import pytest

from nija_plugins.bars import decision_rows, four_hour_bars, onto_base


def test_bars_hold_four_candles_from_utc_hours_divisible_by_four(candles):
    frame = candles(np.arange(1.0, 25.0), start="2024-01-01 02:00")
    bars = four_hour_bars(frame)
    assert list(bars["date"].dt.hour) == [4, 8, 12, 16, 20]
    assert list(bars.index) == [5, 9, 13, 17, 21]
    first = frame.iloc[2:6]
    assert bars.iloc[0][["open", "high", "low", "close", "volume"]].tolist() == [
        first["open"].iloc[0],
        first["high"].max(),
        first["low"].min(),
        first["close"].iloc[-1],
        first["volume"].sum(),
    ]


def test_a_bar_with_a_missing_or_broken_candle_is_not_complete(candles):
    frame = candles(np.full(16, 100.0))
    frame.loc[9, "low"] = np.nan
    frame.loc[14, "close"] = 0.0
    assert list(four_hour_bars(frame.drop(index=2)).index) == [7]
    assert not decision_rows(frame.drop(index=2))[3]


@pytest.mark.parametrize("length", range(6))
def test_a_few_candles_make_no_error(candles, length):
    frame = candles(np.full(length, 100.0))
    bars = four_hour_bars(frame)
    assert len(bars) == length // 4
    assert onto_base(bars["close"], frame).notna().sum() == max(0, length - 3)


@pytest.mark.parametrize(("freq", "name"), [("4h", "4h"), ("15min", "15m"), ("1D", "1d")])
def test_another_timeframe_is_refused_by_name(candles, freq, name):
    frame = candles(np.full(8, 100.0))
    frame["date"] = pd.date_range("2024-01-01", periods=8, freq=freq, tz="UTC")
    with pytest.raises(ValueError, match=f"timeframe here is {name}"):
        decision_rows(frame)


def test_a_value_appears_with_the_candle_that_completes_its_bar_and_never_before(candles):
    frame = candles(np.full(16, 100.0))
    values = pd.Series([1.0, np.nan, 3.0, 4.0], index=four_hour_bars(frame).index)
    nan = np.nan
    expected = [nan] * 3 + [1.0] * 4 + [nan] * 4 + [3.0] * 4 + [4.0]
    np.testing.assert_array_equal(onto_base(values, frame), expected)


@pytest.mark.parametrize("dtype", ["datetime64[s, UTC]", "datetime64[ns, UTC]"])
def test_the_unit_of_the_dates_does_not_matter(candles, dtype):
    frame = candles(np.full(16, 100.0))
    assert decision_rows(frame.astype({"date": dtype})).sum() == 4
