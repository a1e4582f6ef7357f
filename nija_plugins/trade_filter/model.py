"""The model of one quarter: logistic regression, calibrated and ranked on scores it did not fit.

Five contiguous folds in time; from each fold's training part everything is purged whose trade could
overlap the fold, with an embargo. The out-of-fold scores calibrate the probability (Platt, 1999)
and are what a new score is ranked against.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from nija_plugins.signals.indicators import Floats
from nija_plugins.trade_filter.windows import EMBARGO

Bools = npt.NDArray[np.bool_]
Times = npt.NDArray[np.int64]

FOLDS = 5
FEWEST = 150
"""Labelled candidates without which nothing is fitted."""
FEWEST_OF_A_KIND = 25
"""Winners, and losers, without which nothing is fitted."""


class TooFew(ValueError):
    """Not enough labelled candidates to learn from; the message says how many there are."""


@dataclass(frozen=True)
class Regression:
    """A fitted logistic regression as numbers, one of each per feature: a feature is standardized
    with its `mean` and `scale`, and weighs its `weight`. Only fitting needs scikit-learn."""

    mean: Floats
    scale: Floats
    weights: Floats

    def score(self, features: Floats) -> Floats:
        """The log odds per row against the average candidate, without the intercept. It is the base
        rate of what was learned from, and a fold that did well was learned without: with it, scores
        of several folds would rank the wrong way round.

        Column by column, so that a row's score is the same to the last bit whoever stands beside
        it: a product of matrices is rounded differently when there are more rows.
        """
        scores = np.zeros(len(features))
        for column, weight in zip(
            ((features - self.mean) / self.scale).T, self.weights, strict=True
        ):
            scores += weight * column
        return scores


@dataclass(frozen=True)
class Model:
    """A regression, Platt's slope and intercept, and its sorted out-of-fold scores."""

    regression: Regression
    slope: float
    intercept: float
    out_of_fold: Floats

    def score(self, features: Floats) -> Floats:
        """The raw score per row of finite features."""
        return self.regression.score(features)

    def win_probability(self, scores: Floats) -> Floats:
        """The calibrated probability that a trade with this score ends above its costs."""
        return np.asarray(1 / (1 + np.exp(-(self.slope * scores + self.intercept))))

    def rank(self, scores: Floats) -> Floats:
        """The share of out-of-fold scores that a score is not below, in [0, 1]."""
        return self.out_of_fold.searchsorted(scores, side="right") / len(self.out_of_fold)


def fit(features: Floats, won: Bools, entered: Times, left: Times) -> Model:
    """The model of these labelled candidates, in the order of their entries.

    `features` has a row each; `entered` and `left` are seconds since 1970 (UTC). Raises TooFew.
    """
    wins = int(won.sum())
    if len(won) < FEWEST or min(wins, len(won) - wins) < FEWEST_OF_A_KIND:
        raise TooFew(
            f"{len(won)} labelled candidates, {wins} of them winners; {FEWEST} with at least "
            f"{FEWEST_OF_A_KIND} winners and losers are needed"
        )
    scores = np.full(len(won), np.nan)
    for tested in np.array_split(np.arange(len(won)), FOLDS):
        learned = _purged(tested, entered, left)
        if len(set(won[learned])) == 2:
            scores[tested] = _regression(features[learned], won[learned]).score(features[tested])
    known = np.isfinite(scores)
    slope, intercept = _calibrated(scores[known], won[known])
    return Model(
        regression=_regression(features, won),
        slope=slope,
        intercept=intercept,
        out_of_fold=np.sort(scores[known]),
    )


def _regression(features: Floats, won: Bools) -> Regression:
    """Strong shrinkage: a thousand overlapping candidates hold few independent ones."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    shrunk = LogisticRegression(C=0.01, solver="newton-cholesky")
    scaler, regression = make_pipeline(StandardScaler(), shrunk).fit(features, won)
    return Regression(scaler.mean_, scaler.scale_, regression.coef_[0])


def _purged(
    tested: npt.NDArray[np.int64],
    entered: Times,
    left: Times,
    embargo: timedelta = EMBARGO,
) -> npt.NDArray[np.int64]:
    """The candidates whose trades neither overlap those tested nor come close to them."""
    margin = int(embargo.total_seconds())
    begin, end = entered[tested].min() - margin, left[tested].max() + margin
    return np.flatnonzero((left < begin) | (entered > end))


def _calibrated(scores: Floats, won: Bools) -> tuple[float, float]:
    """Slope and intercept of the log odds. Scores that point the wrong way out of fold have no
    skill: then everybody gets the base rate."""
    from sklearn.linear_model import LogisticRegression

    found: Any = LogisticRegression(C=1e6, solver="newton-cholesky").fit(scores[:, None], won)
    slope, intercept = float(found.coef_[0, 0]), float(found.intercept_[0])
    if slope > 0:
        return slope, intercept
    rate = float(won.mean())
    return 0.0, float(np.log(rate / (1 - rate)))
