"""What the filter sees of a candidate: eight numbers without a unit.

None depends on the price level, on the coin or on how volatile it is by itself, so that the bars of
several pairs and years may be learned from together. Every window forgets completely and is
shorter than the 719 candles a bot starts with.
"""

import numpy as np
import pandas as pd
import talib

from nija_plugins.signals.indicators import Floats, average_range, window_mean, window_std

WEEK, MONTH = 42, 120
"""4h bars: seven days and twenty."""

NAMES = (
    "breakout",
    "range",
    "location",
    "week",
    "month",
    "expansion",
    "efficiency",
    "volume",
)


def features(bars: pd.DataFrame) -> pd.DataFrame:
    """One row per bar of `four_hour_bars`, one column per name in `NAMES`; NaN where unknown.

    - breakout: close above the highest high of the 20 bars before, in average ranges
    - range: the bar's own range in average ranges
    - location: where in its range the bar closed, 0 at the low and 1 at the high
    - week, month: log return over 42 and 120 bars in standard deviations of that stretch
    - expansion: log of volatility over 20 bars against that over 120
    - efficiency: Kaufman's ratio over 42 bars, net movement over the path, signed
    - volume: log of the mean volume of 6 bars over that of 120
    """
    high, low, close, volume = (
        bars[name].to_numpy(dtype=float) for name in ("high", "low", "close", "volume")
    )
    log_close = np.log(close)
    returns = np.diff(log_close, prepend=np.nan)
    ranges = average_range(bars, WEEK)
    height = high - low
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = {
            "breakout": (close - _before(talib.MAX(high, 20))) / ranges,
            "range": height / ranges,
            "location": np.where(height > 0, (close - low) / height, 0.5),
            "week": _moved(log_close, WEEK) / (window_std(returns, WEEK) * np.sqrt(WEEK)),
            "month": _moved(log_close, MONTH) / (window_std(returns, MONTH) * np.sqrt(MONTH)),
            "expansion": np.log(window_std(returns, 20) / window_std(returns, MONTH)),
            "efficiency": _moved(log_close, WEEK) / (window_mean(np.abs(returns), WEEK) * WEEK),
            "volume": np.log(window_mean(volume, 6) / window_mean(volume, MONTH)),
        }
    table = pd.DataFrame(columns, index=bars.index, columns=list(NAMES))
    return table.where(np.isfinite(table))


def _before(values: Floats) -> Floats:
    """Each value one bar later."""
    return np.concatenate([[np.nan], values[:-1]])


def _moved(values: Floats, length: int) -> Floats:
    """How much the value changed over `length` bars."""
    moved = np.full(len(values), np.nan)
    moved[length:] = values[length:] - values[:-length]
    return moved
