"""The synthetic market: hourly candles of BTC, ETH and SOL that never existed.

Regimes, fat tails, jumps, clustered volatility and common moves, but no drift: every hour's return
has expectation zero given everything before it (the price is a martingale), so no strategy can
win here except by luck, and fees always lose. It knows nothing of any strategy.

Candles are a function of (seed, asset, hour): they come in blocks of a year, each drawn from its
own random stream and chained to the one before, so any two spans agree where they overlap.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import accumulate
from math import exp, sqrt

import numpy as np
import pandas as pd

from nija_plugins.venue.market.regimes import REGIMES, Floats, mean_square, walk

EPOCH = datetime(2022, 1, 1, tzinfo=UTC)
"""The first synthetic hour."""
DEFAULT_SEED = 1
"""The first one, not a chosen one: picking a market by its looks would be picking its drift."""
COLUMNS = ("date", "open", "high", "low", "close", "volume")

_HOURS = 8760  # a block
_YEAR = 8766.0  # hours
_TAIL = 4.0  # degrees of freedom of Student's t: an hourly kurtosis like crypto's
_LARGEST = 0.4  # noise in one hour, as a fraction; symmetric, so that the mean stays zero
_CLUSTER_HOURS = 72.0  # how long volatility remembers
_CLUSTER_SPREAD = 0.4  # standard deviation of log volatility
_JUMPS_PER_HOUR = 1 / 1000
_JUMP_SIZE = 6.0  # standard deviations of a normal hour


@dataclass(frozen=True, slots=True)
class SyntheticAsset:
    """`price` at the epoch in USD, `volatility` per year as a fraction, `volume` of a normal hour
    in base currency."""

    name: str
    price: float
    volatility: float
    volume: float


ASSETS: tuple[SyntheticAsset, ...] = (
    SyntheticAsset("BTC", 46_000.0, 0.55, 500.0),
    SyntheticAsset("ETH", 3_700.0, 0.75, 5_000.0),
    SyntheticAsset("SOL", 170.0, 1.00, 60_000.0),
)
_CORRELATION = np.array([[1.00, 0.80, 0.65], [0.80, 1.00, 0.70], [0.65, 0.70, 1.00]])


def synthetic_candles(
    asset: str, start: datetime, end: datetime, seed: int = DEFAULT_SEED
) -> pd.DataFrame:
    """Hourly candles of `asset` with start ≤ date < end, none before `EPOCH`.

    Columns `date` (UTC, the hour's opening), `open`, `high`, `low`, `close` in USD, `volume` in
    base currency. Raises ValueError for an asset that the synthetic market does not have.
    """
    names = [a.name for a in ASSETS]
    if asset not in names:
        raise ValueError(f"The synthetic market has {', '.join(names)}, not {asset}.")
    first = max(0, _hours_since_epoch(start))
    last = max(first, _hours_since_epoch(end))
    parts = [
        _block(seed, i).candles[names.index(asset)]
        for i in range(first // _HOURS, (max(last, 1) - 1) // _HOURS + 1)
    ]
    offset = first - first // _HOURS * _HOURS
    rows = np.concatenate(parts)[offset : offset + last - first]
    frame = pd.DataFrame(rows, columns=list(COLUMNS[1:]))
    origin = pd.Timestamp(EPOCH) + pd.Timedelta(hours=first)
    dates = pd.date_range(origin, periods=len(rows), freq="h", unit="ms")
    frame.insert(0, "date", dates)
    return frame


def _hours_since_epoch(moment: datetime) -> int:
    """Whole hours from the epoch, a started one counted: the first hour opening at or after."""
    return -int((EPOCH - moment).total_seconds() // 3600)


@dataclass(frozen=True, slots=True)
class _State:
    """What one block hands to the next: regime, log volatilities (common, own), prices."""

    regime: int
    cluster: Floats
    prices: Floats


@dataclass(frozen=True, slots=True)
class _Block:
    """A year: `candles` is (assets, hours, open/high/low/close/volume)."""

    candles: Floats
    end: _State


@lru_cache(maxsize=64)
def _block(seed: int, index: int) -> _Block:
    """Year number `index` since the epoch."""
    rng = np.random.default_rng([abs(seed), int(seed < 0), index])
    size = len(ASSETS)
    if index == 0:
        start = _State(0, np.zeros(size + 1), np.array([a.price for a in ASSETS]))
    else:
        start = _block(seed, index - 1).end
    regimes, leans, next_regime = walk(rng, start.regime, _HOURS)
    own_clusters, cluster_end = _clusters(rng, start.cluster)

    scale = 1 / np.sqrt(mean_square() + _JUMPS_PER_HOUR * _JUMP_SIZE**2)
    normal_hour = np.array([a.volatility for a in ASSETS]) / np.sqrt(_YEAR) * scale
    fat = np.sqrt((_TAIL - 2) / rng.chisquare(_TAIL, (_HOURS, 1))).clip(max=6.0)
    strength = np.array([r.volatility for r in REGIMES])[regimes][:, None]
    spread = normal_hour * strength * own_clusters * fat
    gauss = rng.standard_normal((_HOURS, size)) @ np.linalg.cholesky(_CORRELATION).T
    jumps = (rng.random((_HOURS, 1)) < _JUMPS_PER_HOUR) * rng.normal(0, _JUMP_SIZE, (_HOURS, 1))
    # Simple returns, each part with mean zero given the past: the product has expectation one.
    noise = (spread * gauss + normal_hour * jumps).clip(-_LARGEST, _LARGEST)
    returns = noise + normal_hour * leans[:, None]

    closes = start.prices * np.cumprod(1 + returns, axis=0)
    opens = np.vstack([start.prices, closes[:-1]])
    highs, lows = _extremes(rng, opens, np.log1p(returns), spread)
    volumes = _volumes(rng, np.abs(returns) / normal_hour)
    candles = np.stack([opens, highs, lows, closes], axis=2).round(2)
    # An asset can fall below a cent, its candles cannot.
    candles = np.concatenate([candles.clip(min=0.01), volumes[:, :, None]], axis=2)
    return _Block(candles.transpose(1, 0, 2), _State(next_regime, cluster_end, closes[-1]))


def _clusters(rng: np.random.Generator, start: Floats) -> tuple[Floats, Floats]:
    """Volatility multipliers (hours, assets) with mean square one, and the state after them.

    Log volatility is an AR(1), 0.8 of it common to all assets and 0.6 the asset's own.
    """
    memory = exp(-1 / _CLUSTER_HOURS)
    shocks = rng.standard_normal((_HOURS, len(ASSETS) + 1)) * sqrt(1 - memory**2)
    levels = np.array(
        [
            list(accumulate(column, lambda level, shock: memory * level + shock, initial=first))
            for first, column in zip(start.tolist(), shocks.T.tolist(), strict=True)
        ]
    ).T
    # Before an hour begins only the levels up to the hour before are known.
    known = levels[:-1]
    logs = _CLUSTER_SPREAD * (0.8 * known[:, :1] + 0.6 * known[:, 1:])
    return np.exp(logs - _CLUSTER_SPREAD**2), levels[-1]


def _extremes(
    rng: np.random.Generator, opens: Floats, moves: Floats, spread: Floats
) -> tuple[Floats, Floats]:
    """Highs and lows of a Brownian path from open to close (`moves` in logs, `spread` its σ)."""
    up = -2 * spread**2 * np.log1p(-rng.random(moves.shape))
    down = -2 * spread**2 * np.log1p(-rng.random(moves.shape))
    highs = opens * np.exp((moves + np.sqrt(moves**2 + up)) / 2)
    lows = opens * np.exp((moves - np.sqrt(moves**2 + down)) / 2)
    return highs, lows


def _volumes(rng: np.random.Generator, activity: Floats) -> Floats:
    """Positive volumes in base currency that grow with the size of the move."""
    usual = np.array([a.volume for a in ASSETS])
    luck = np.exp(0.4 * rng.standard_normal(activity.shape))
    return (usual * luck * (0.4 + activity)).round(6).clip(min=1e-6)
