"""The ensemble without weights: every family counts fully in every regime but a falling one.

What the shipped weights earn is the difference to this. In falling markets nothing is entered here
either, so that the regime's own filter is not measured twice.
"""

from typing import Any

import numpy as np
import pandas as pd

from nija_plugins import hookimpl
from nija_plugins.settings import Settings
from nija_plugins.signals import ensemble
from nija_plugins.view import Regime, Vote

CLOSED = (Regime.TRENDING_DOWN, Regime.CRISIS, Regime.UNKNOWN)


@hookimpl
def nija_score(votes: list[Vote], regime: pd.Series, settings: Settings) -> Any:
    """The mean of the two strongest families, unweighted."""
    unknown = pd.Series(Regime.UNKNOWN.value, index=regime.index).astype(object)
    off = settings.model_copy(update={"market_regime_engine": False, "signal_ensemble": True})
    score = ensemble.nija_score(votes, unknown, off)
    return score.where(~np.isin(regime, [one.value for one in CLOSED]), 0.0)
