"""The candle files as freqtrade sees them, and the plan of a trade, with plain pandas.

A moment is a whole hour since 1970 (UTC); the candle of hour h opens at h and has closed at h + 1.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

HOUR = pd.Timedelta(hours=1)


def hour_of(time: object) -> int:
    """Hours since 1970 of a UTC time stamp or its text."""
    return int(pd.Timestamp(time).timestamp()) // 3600  # type: ignore[arg-type]


def time_of(hour: int) -> pd.Timestamp:
    """The UTC time of a whole hour since 1970."""
    return pd.Timestamp(hour * 3600, unit="s", tz="UTC")


@dataclass(frozen=True)
class Plan:
    """Fractions of the price: where the trade is given up, what it aims at, how it is followed;
    and the standard deviation of daily returns."""

    stop: float
    target: float
    trail: float
    daily_volatility: float


class Candles:
    """One pair's 1h candles. Missing hours are filled with the last close, as freqtrade does."""

    def __init__(self, file: Path) -> None:
        frame = pd.read_feather(file).set_index("date")[["open", "high", "low", "close"]]
        every_hour = pd.date_range(frame.index[0], frame.index[-1], freq="h")
        frame = frame.reindex(every_hour)
        close = frame["close"].ffill()
        self._frame = frame.apply(lambda column: column.fillna(close))
        self.first = hour_of(self._frame.index[0])
        self._open, self._high, self._low, self._close = (
            self._frame[name].tolist() for name in ("open", "high", "low", "close")
        )
        self._plans = self._all_plans()

    def candle(self, hour: int) -> tuple[float, float, float]:
        """Open, high and low of the candle that opens at `hour`."""
        row = hour - self.first
        return self._open[row], self._high[row], self._low[row]

    def mark(self, hour: int) -> float:
        """The last close known at `hour`."""
        return float(self._close[hour - 1 - self.first])

    def tick(self, hour: int) -> float:
        """The price step freqtrade infers: the most decimals of the month's prices."""
        prices = self._frame.loc[f"{time_of(hour):%Y-%m}"].to_numpy()
        for decimals in range(9):
            scaled = prices * 10.0**decimals
            if np.abs(scaled - scaled.round()).max() < 1e-5:
                return float(1 / 10**decimals)
        raise AssertionError("prices with more than eight decimals")

    def plan(self, hour: int) -> Plan:
        """The plan of a trade entered at `hour`: that of the last 4h bar that had closed."""
        bar = self._plans.loc[time_of(hour - hour % 4 - 4)]
        return Plan(**{str(name): float(value) for name, value in bar.items()})

    def _all_plans(self) -> pd.DataFrame:
        """A row per 4h bar (index: when it opened), from that bar and those before it.

        The stop lies half a week's average true range below the low of 20 bars, but 3 to 4 of
        those ranges away and between 2% and 25%; the target is the height of 60 bars; the trail is
        five ranges, 3% to 30%; neither lies beyond 90% of the disaster stop of 30%.
        """
        how = {"open": "first", "high": "max", "low": "min", "close": "last"}
        bars = self._frame.resample("4h").agg(how)
        high, low, close = bars["high"], bars["low"], bars["close"]
        before = close.shift(1)
        reaches = pd.concat([high - low, (high - before).abs(), (low - before).abs()], axis=1)
        reach = reaches.max(axis=1).rolling(42).mean() / close
        below = 1 - low.rolling(20).min() / close + reach / 2
        height = high.rolling(60).max() - low.rolling(60).min()
        returns = np.log(close / before)
        plans = {
            "stop": below.clip(3 * reach, 4 * reach).clip(0.02, 0.25).clip(upper=0.27),
            "target": height / close,
            "trail": (5 * reach).clip(0.03, 0.30).clip(upper=0.27),
            "daily_volatility": returns.rolling(168).std() * np.sqrt(6),
        }
        return pd.DataFrame(plans)
