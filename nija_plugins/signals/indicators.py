"""The few building blocks TA-Lib lacks: windows that forget completely.

Every window here is computed from its own values alone, never from a running total, so a result
does not depend on how much history came before, to the last bit. TA-Lib's TRANGE, MAX, MIN and ROC
have that property; its SMA, STDDEV and LINEARREG (running totals), EMA, RSI and ADX
(endless memory) do not.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
import talib

Floats = npt.NDArray[np.float64]


def window_mean(values: Floats, length: int) -> Floats:
    """Mean of the last `length` values, NaN before there are as many."""
    mean = np.full(len(values), np.nan)
    if len(values) >= length:
        windows = np.lib.stride_tricks.sliding_window_view(values, length)
        mean[length - 1 :] = windows.mean(axis=1)
    return mean


def window_std(values: Floats, length: int) -> Floats:
    """Sample standard deviation of the last `length` values, NaN before there are as many."""
    std = np.full(len(values), np.nan)
    if len(values) >= length:
        windows = np.lib.stride_tricks.sliding_window_view(values, length)
        std[length - 1 :] = windows.std(axis=1, ddof=1)
    return std


def average_range(bars: pd.DataFrame, length: int) -> Floats:
    """Mean true range of the last `length` bars, in price; NaN where nothing moved at all.

    Wilder's ATR (1978) with a plain mean in place of his smoothing, which never forgets.
    """
    high, low, close = (bars[name].to_numpy() for name in ("high", "low", "close"))
    average = window_mean(talib.TRANGE(high, low, close), length)
    return np.where(average > 0, average, np.nan)


def ramp(values: Floats, zero: float, one: float) -> Floats:
    """0 up to `zero`, 1 from `one` on, straight in between; NaN stays NaN."""
    return np.clip((values - zero) / (one - zero), 0.0, 1.0)
