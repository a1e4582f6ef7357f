"""Each hour's last whole day: its close, and the mean of the last fifty closes. A day is known from
its last hour on."""

import numpy as np
import pandas as pd

from nija_plugins.signals.indicators import window_mean

LAST_HOUR = np.timedelta64(23, "h")
"""When a day's last hour opens."""
MEAN = 50
"""Days."""


def beside(candles: pd.DataFrame, daily: pd.DataFrame) -> pd.DataFrame:
    """Hourly `candles` with close_1d and sma50_1d of `daily` candles. As freqtrade's
    `merge_informative_pair`, in a tenth of its time; that one loses a day whose last hour is
    missing, or shows it before its end."""
    known = daily["date"].to_numpy(dtype="datetime64[s]") + LAST_HOUR
    closes = daily["close"].to_numpy(dtype=float)
    hours = candles["date"].to_numpy(dtype="datetime64[s]")
    return _assigned(candles, closes, np.searchsorted(known, hours, side="right"))


def from_hours(candles: pd.DataFrame) -> pd.DataFrame:
    """Consecutive hourly `candles` with the same columns, from their own last hours of each day."""
    ends_day = candles["date"].dt.hour.to_numpy() == 23
    closes = candles["close"].to_numpy(dtype=float)[ends_day]
    return _assigned(candles, closes, np.cumsum(ends_day))


def _assigned(candles: pd.DataFrame, closes: np.ndarray, days: np.ndarray) -> pd.DataFrame:
    """`days`: how many of the days in `closes` were over at each candle."""
    values = {"close_1d": closes, "sma50_1d": window_mean(closes, MEAN)}
    return candles.assign(**{name: np.append(np.nan, of)[days] for name, of in values.items()})
