"""A market painted by hand, and the hours that tests name."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from nija_plugins.venue.market.candles import CandleSource

HOUR = timedelta(hours=1)
START = datetime(2025, 3, 4, tzinfo=UTC)
"""Midnight; painted candles begin here, and bots a little later."""
HISTORY = 725
"""Days of quiet candles before START: what freqtrade asks for of daily candles, and a few more."""
DAYS = 14
"""How long a painted market goes on."""


def after(hours: float, seconds: float = 5) -> datetime:
    """START plus `hours`, and the seconds an iteration comes after the candle's close."""
    return START + timedelta(hours=hours, seconds=seconds)


class PaintedMarket(CandleSource):
    """Quiet hours with a small deterministic wobble, and whatever a test paints over them."""

    assets = ("BTC", "ETH", "SOL")

    def __init__(self) -> None:
        self._starts = pd.date_range(
            START - timedelta(days=HISTORY),
            START + timedelta(days=DAYS),
            freq="h",
            inclusive="left",
        ).as_unit("ms")
        self._closes: dict[str, np.ndarray[Any, Any]] = {}
        self._frames: dict[str, pd.DataFrame] = {}
        self.reset()

    def reset(self) -> None:
        """The quiet market again: BTC around $50,000, ETH $2,000, SOL $100; flat from START on."""
        wobble = np.random.default_rng(1).normal(0.0, 0.002, HISTORY * 24)
        wobble[-1] = 0.0
        flat = np.ones(DAYS * 24)
        for asset, price in (("BTC", 50_000.0), ("ETH", 2_000.0), ("SOL", 100.0)):
            self.shape(asset, price * np.concatenate([1 + wobble, flat]))

    def shape(self, asset: str, closes: Sequence[float] | np.ndarray[Any, Any]) -> None:
        """Replaces all of the asset's closes; every candle opens at the close before it."""
        close = np.asarray(closes, dtype=float)
        opened = np.concatenate([close[:1], close[:-1]])
        self._closes[asset] = close
        self._frames[asset] = pd.DataFrame(
            {
                "date": self._starts,
                "open": opened,
                "high": np.maximum(opened, close),
                "low": np.minimum(opened, close),
                "close": close,
                "volume": np.full(len(close), 100.0),
            }
        )

    def paint(self, asset: str, hours: float, factors: Iterable[float]) -> None:
        """Closes of the candles from START + `hours` on, each as a multiple of the price at START;
        what comes after them stays at the last one."""
        close = self._closes[asset].copy()
        first = HISTORY * 24 + int(hours)
        painted = self.price(asset) * np.asarray(list(factors), dtype=float)
        close[first : first + len(painted)] = painted
        close[first + len(painted) :] = painted[-1]
        self.shape(asset, close)

    def price(self, asset: str) -> float:
        """The price at START."""
        return float(self._closes[asset][HISTORY * 24 - 1])

    def hours(self, asset: str, start: datetime, end: datetime) -> pd.DataFrame:
        """See `CandleSource`."""
        bounds = [pd.Timestamp(bound).ceil("ms") for bound in (start, end)]
        first, last = self._starts.searchsorted(bounds)
        return self._frames[asset].iloc[first:last].reset_index(drop=True)
