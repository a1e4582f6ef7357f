"""All votes as one score: two kinds of evidence must agree, and none can be shouted down.

Each family speaks with its strongest vote times its weight in the current regime; the score is the
mean of the two strongest families. So one family alone makes 0.5 at most, two that suit the regime
make 0.75 and more, and families that have nothing to say, or wait for the opposite kind of market,
do not dilute those that do.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from nija_plugins import hookimpl
from nija_plugins.settings import Settings
from nija_plugins.signals.indicators import Floats
from nija_plugins.signals.weights import WEIGHTS
from nija_plugins.view import Family, Regime, Vote


@hookimpl
def nija_score(votes: list[Vote], regime: pd.Series, settings: Settings) -> pd.Series:
    """The score in [0, 1] per candle; a vote that cannot tell (NaN) is no reason to buy.

    With `signal_ensemble` off it is the strongest single vote, held down only in a falling market.
    With the regime engine on, an unknown regime (too few candles) scores 0.
    """
    strength = _strongest_by_family(votes)
    nothing = np.zeros(len(regime))
    weigh = _weigher(regime)
    if settings.signal_ensemble:
        weighted = [strength[family] * weigh(family) for family in strength]
        score = np.sort([nothing, nothing, *weighted], axis=0)[-2:].mean(axis=0)
    else:
        score = np.max([nothing, *strength.values()], axis=0) * weigh(*Family)
    if settings.market_regime_engine:
        score = np.where(regime == Regime.UNKNOWN, 0.0, score)
    return pd.Series(score, index=regime.index)


def _strongest_by_family(votes: list[Vote]) -> dict[Family, Floats]:
    strongest: dict[Family, Floats] = {}
    for vote in votes:
        score = np.clip(np.nan_to_num(vote.score.to_numpy(dtype=float)), 0.0, 1.0)
        strongest[vote.family] = np.maximum(strongest.get(vote.family, 0.0), score)
    return strongest


def _weigher(regime: pd.Series) -> Callable[..., Floats]:
    """Tells the largest weight of families per candle; 0 for a regime nobody knows."""
    number, names = pd.factorize(regime)  # -1, the last place, where there is none

    def weigh(*families: Family) -> Floats:
        largest = {r.value: max(row[family] for family in families) for r, row in WEIGHTS.items()}
        return np.array([*(largest.get(name, 0.0) for name in names), 0.0])[number]

    return weigh
