"""The synthetic market with storms: opening gaps and crashes on top of `generator`'s candles.

Harsher than any market that the three assets have had for long, and not fair (crashes only fall):
it is there to try limits, not strategies. The demo's market stays as it is.

Storms multiply prices. A gap multiplies everything from one hour's opening on, so that the candle
opens beyond the last close; a crash pulls prices down steadily over hours. Both hit all assets at
once, the more volatile ones harder. They come from a random stream of their own per seed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from nija_plugins.venue.market.candles import CandleSource
from nija_plugins.venue.market.generator import ASSETS, synthetic_candles
from nija_plugins.venue.market.regimes import Floats

_STREAM = 7_401
"""Keeps the storms' random numbers apart from the generator's."""


@dataclass(frozen=True, slots=True)
class Storms:
    """How often per hour and how hard, for BTC; sizes are fractions of the price, drawn evenly
    between the two bounds. ETH and SOL get `harder` times as much."""

    gaps_per_hour: float = 1 / 120
    gap: tuple[float, float] = (0.02, 0.08)
    crashes_per_hour: float = 1 / 720
    crash: tuple[float, float] = (0.20, 0.40)
    crash_hours: tuple[int, int] = (2, 12)
    harder: tuple[float, float, float] = (1.0, 1.1, 1.25)


class StormCandles(CandleSource):
    """Hourly candles with first ≤ date < last from the market of `seed`, with storms."""

    assets = tuple(asset.name for asset in ASSETS)

    def __init__(
        self, seed: int, first: datetime, last: datetime, storms: Storms | None = None
    ) -> None:
        storms = storms or Storms()
        self._frames = {}
        for asset, harder in zip(self.assets, storms.harder, strict=True):
            frame = synthetic_candles(asset, first, last, seed)
            # The same stream for each asset: the same hours, other sizes.
            rng = np.random.default_rng([_STREAM, abs(seed), int(seed < 0)])
            opening, closing = _factors(rng, len(frame), storms, harder)
            self._frames[asset] = _stormy(frame, opening, closing)

    def hours(self, asset: str, start: datetime, end: datetime) -> pd.DataFrame:
        """See `CandleSource`."""
        frame = self._frames[asset]
        bounds = [pd.Timestamp(bound).ceil("ms") for bound in (start, end)]
        first, last = frame["date"].searchsorted(bounds)
        return frame.iloc[first:last].reset_index(drop=True)

    def last_price(self, pair: str, now: datetime) -> float | None:
        """The price of the last trade at `now`; of the last candle after their end."""
        end = self._frames[pair.partition("/")[0]]["date"].iloc[-1].to_pydatetime()
        return super().last_price(pair, min(now, end + timedelta(hours=1)))


def _factors(
    rng: np.random.Generator, hours: int, storms: Storms, harder: float
) -> tuple[Floats, Floats]:
    """What the storms have made of the price at each hour's opening and closing.

    One row of draws an hour, so that a longer market begins like a shorter one.
    """
    gap_comes, gap_size, gap_falls, crash_comes, depth, length = rng.random((hours, 6)).T
    gaps = gap_comes < storms.gaps_per_hour
    sizes = _between(storms.gap, gap_size) * np.where(gap_falls < 0.5, -1, 1)
    depths = _between(storms.crash, depth)
    lengths = _between(storms.crash_hours, length).round().astype(int)
    jump = np.where(gaps, 1 + np.clip(sizes * harder, -0.5, 0.5), 1.0)
    slide = np.zeros(hours)  # log return within the hour
    for hour in np.flatnonzero(crash_comes < storms.crashes_per_hour):
        whole = np.log1p(-min(depths[hour] * harder, 0.6))
        slide[hour : hour + lengths[hour]] += whole / lengths[hour]
    closing = np.exp(np.cumsum(np.log(jump) + slide))
    return closing * np.exp(-slide), closing


def _between(bounds: tuple[float, float], shares: Floats) -> Floats:
    return bounds[0] + (bounds[1] - bounds[0]) * shares


def _stormy(frame: pd.DataFrame, opening: Floats, closing: Floats) -> pd.DataFrame:
    """`frame` with its prices multiplied; a crash's highs come early and its lows late."""
    prices = {
        "open": frame["open"] * opening,
        "high": frame["high"] * opening,
        "low": frame["low"] * closing,
        "close": frame["close"] * closing,
    }
    return frame.assign(**{name: price.round(2).clip(lower=0.01) for name, price in prices.items()})
