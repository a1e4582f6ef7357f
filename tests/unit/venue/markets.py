"""A market of a few hours, drawn by hand, and a clock to walk through it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from nija_plugins.venue.market.candles import CandleSource

OPENING = datetime(2025, 3, 4, tzinfo=UTC)
QUIET = 30
"""Hours at the first price before OPENING: what volumes are measured on."""

Candle = tuple[float, float, float, float]


class DrawnMarket(CandleSource):
    """SOL: quiet hours, then `candles` (open, high, low, close) from OPENING on."""

    assets = ("SOL",)

    def __init__(self, candles: Sequence[Candle], volume: float = 48_000.0) -> None:
        first = candles[0][0]
        rows = [(first,) * 4] * QUIET + list(candles)
        opened, high, low, close = np.array(rows, dtype=float).T
        begin = OPENING - timedelta(hours=QUIET)
        self._starts = pd.date_range(begin, periods=len(rows), freq="h").as_unit("ms")
        self._frame = pd.DataFrame(
            {
                "date": self._starts,
                "open": opened,
                "high": high,
                "low": low,
                "close": close,
                "volume": volume,
            }
        )

    def hours(self, asset: str, start: datetime, end: datetime) -> pd.DataFrame:
        """See `CandleSource`."""
        bounds = [pd.Timestamp(bound).ceil("ms") for bound in (start, end)]
        first, last = self._starts.searchsorted(bounds)
        return self._frame.iloc[first:last].reset_index(drop=True)


class Hands:
    """A clock that a test turns: hours after OPENING."""

    def __init__(self) -> None:
        self.now = OPENING

    def __call__(self) -> datetime:
        return self.now

    def to(self, hours: float) -> None:
        self.now = OPENING + timedelta(hours=hours)


def candles(*closes: float) -> list[Candle]:
    """Candles that open at the close before (the first at its own close) and go straight."""
    opens = (closes[0], *closes[:-1])
    return [(o, max(o, c), min(o, c), c) for o, c in zip(opens, closes, strict=True)]
