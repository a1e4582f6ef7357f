"""The last whole day beside each hour."""

import numpy as np
import pandas as pd
import pytest
from freqtrade.strategy import merge_informative_pair

from nija_plugins.candles.days import MEAN, beside, from_hours
from nija_plugins.signals.indicators import window_mean

HOURS = 24 * 80


@pytest.fixture
def hours() -> pd.DataFrame:
    """Eighty days of closes, the first of them cut short."""
    dates = pd.date_range("2024-01-01", periods=HOURS, freq="h", tz="UTC")
    close = np.random.default_rng(1).uniform(50, 150, HOURS)
    return pd.DataFrame({"date": dates, "close": close}).iloc[5:].reset_index(drop=True)


def daily(hours: pd.DataFrame) -> pd.DataFrame:
    """What an exchange would serve: each whole day when it began, with its last close."""
    ends = hours[hours["date"].dt.hour == 23]
    return pd.DataFrame({"date": ends["date"] - pd.Timedelta(hours=23), "close": ends["close"]})


@pytest.mark.parametrize("holes", [[], [400, 401]])
def test_as_freqtrade_merges_them(hours: pd.DataFrame, holes: list[int]) -> None:
    days = daily(hours)
    hours = hours.drop(index=holes).reset_index(drop=True)
    sma50 = window_mean(days["close"].to_numpy(), MEAN)
    theirs = merge_informative_pair(hours, days.assign(sma50=sma50), "1h", "1d")
    ours = beside(hours, days)
    assert list(ours) == ["date", "close", "close_1d", "sma50_1d"]
    pd.testing.assert_frame_equal(ours, theirs.drop(columns="date_1d"))


def test_a_day_whose_last_hour_is_missing_is_known_from_the_next_hour_on(
    hours: pd.DataFrame,
) -> None:
    """freqtrade would carry the day before for another day, or show it hours before its end."""
    days = daily(hours)
    found = beside(hours.drop(index=[18, 42]), days)
    assert found["close_1d"].loc[[17, 19]].tolist() == pytest.approx(
        [np.nan, days["close"].iloc[0]], nan_ok=True
    )
    assert found["close_1d"].loc[[41, 43]].tolist() == days["close"].iloc[:2].tolist()


def test_a_day_is_known_from_its_last_hour_on(hours: pd.DataFrame) -> None:
    known = from_hours(hours)
    before, at = known.iloc[17], known.iloc[18]
    assert at["date"].hour == 23
    assert np.isnan(before["close_1d"])
    assert at["close_1d"] == at["close"]
    assert known["sma50_1d"].first_valid_index() == 18 + 24 * (MEAN - 1)


def test_from_hours_or_from_days_is_the_same(hours: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(from_hours(hours), beside(hours, daily(hours)))
