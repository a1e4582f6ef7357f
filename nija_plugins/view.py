"""What the market side says, as values: regimes, votes, plans and confidence.

Every Series here has the index of the dataframe it was made from: one row per base candle (1h).
A row speaks of what was known when that candle *closed*; nothing in it may come from later.
"""

from dataclasses import dataclass
from enum import StrEnum

import pandas as pd


class Regime(StrEnum):
    """The state of a market. `UNKNOWN` while there are too few candles to tell."""

    TRENDING_UP = "trending_up"
    TRENDING_DOWN = "trending_down"
    RANGING = "ranging"
    BREAKOUT = "breakout"
    CRISIS = "crisis"
    UNKNOWN = "unknown"


class Family(StrEnum):
    """Kinds of evidence. Two votes of one family are one opinion said twice."""

    TREND = "trend"
    MOMENTUM = "momentum"
    BREAKOUT = "breakout"
    MEAN_REVERSION = "mean_reversion"
    VOLUME = "volume"
    HIGHER_TIMEFRAME = "higher_timeframe"


@dataclass(frozen=True, slots=True)
class Vote:
    """One voter's opinion on going long, candle by candle.

    `score` is a Series in [0, 1]; 0 is "no reason to buy", NaN is "cannot tell".
    """

    name: str
    family: Family
    score: pd.Series


@dataclass(frozen=True, slots=True)
class Plan:
    """How a trade entered after each candle would be managed.

    All three are Series of distances as *fractions of the entry price*, NaN where no plan exists:
    `stop` below it, `target` above it (for the reward/risk rule; it is not an exit order), and
    `trail`, how far the stop follows below the highest close since entry.
    """

    stop: pd.Series
    target: pd.Series
    trail: pd.Series


@dataclass(frozen=True, slots=True)
class Confidence:
    """How much an entry after each candle is to be trusted.

    `rank` is in [0, 1] and is asked for by `min_ai_confidence`, NaN for "don't know", which enters
    nothing; `win_probability` is the probability that the trade pays for itself, NaN where nobody
    estimates it. `doubt` is a sentence per row that says why the rank is NaN, else None.
    """

    rank: pd.Series
    win_probability: pd.Series
    doubt: pd.Series | None = None
