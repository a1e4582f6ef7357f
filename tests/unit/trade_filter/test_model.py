"""The model finds skill where there is some, admits when there is none, and learns apart."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nija_plugins.trade_filter.features import NAMES
from nija_plugins.trade_filter.model import TooFew, _purged, fit
from nija_plugins.trade_filter.windows import EMBARGO

DAY = 86_400


def candidates(count: int, skill: float, seed: int = 1):
    """Features, outcomes, and times: a candidate every eight hours, open for five days."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(count, len(NAMES)))
    won = random.random(count) < 1 / (1 + np.exp(-(skill * features[:, 0] - 0.5)))
    entered = np.arange(count) * DAY // 3
    return features, won, entered, entered + 5 * DAY


def test_skill_is_found_and_calibrated() -> None:
    model = fit(*candidates(900, skill=1.5))
    features, won, _, _ = candidates(4000, skill=1.5, seed=2)
    scores = model.score(features)
    assert roc_auc_score(won, scores) > 0.7
    chance = model.win_probability(scores)
    for low, high in ((0.0, 0.3), (0.3, 0.5), (0.5, 1.0)):
        inside = (chance >= low) & (chance < high)
        assert chance[inside].mean() == pytest.approx(won[inside].mean(), abs=0.06)
    assert (model.rank(scores) >= 0.7).mean() == pytest.approx(0.3, abs=0.06)


def test_rank_is_a_share_and_follows_the_score() -> None:
    model = fit(*candidates(300, skill=1.0))
    ranks = model.rank(np.array([-1e9, *np.sort(model.out_of_fold), 1e9]))
    assert ranks[0] == 0.0
    assert ranks[-1] == 1.0
    assert (np.diff(ranks) >= 0).all()


def test_without_skill_everybody_gets_the_base_rate() -> None:
    """Out of fold, scores without skill point the wrong way more often than not."""
    for seed in range(20):
        features, won, entered, left = candidates(400, skill=0.0, seed=seed)
        model = fit(features, won, entered, left)
        if model.slope == 0:
            chance = model.win_probability(model.score(features))
            assert chance == pytest.approx(np.full(400, won.mean()))
            return
    raise AssertionError("twenty seeds, and never the wrong way")


def test_too_few_are_refused_with_their_number() -> None:
    with pytest.raises(TooFew, match="149 labelled candidates"):
        fit(*candidates(149, skill=1.0))
    features, _, entered, left = candidates(200, skill=1.0)
    with pytest.raises(TooFew, match="0 of them winners"):
        fit(features, np.zeros(200, dtype=bool), entered, left)


def test_what_overlaps_a_fold_is_not_learned_from() -> None:
    _, _, entered, left = candidates(300, skill=0.0)
    margin = EMBARGO.total_seconds()
    for tested in np.array_split(np.arange(300), 5):
        learned = _purged(tested, entered, left)
        assert len(learned) > 190
        before = left[learned] < entered[tested].min() - margin
        after = entered[learned] > left[tested].max() + margin
        assert (before | after).all()


def test_the_same_candidates_make_the_same_model() -> None:
    one, other = fit(*candidates(300, skill=1.0)), fit(*candidates(300, skill=1.0))
    assert (one.out_of_fold == other.out_of_fold).all()
    assert (one.slope, one.intercept) == (other.slope, other.intercept)


def test_a_score_does_not_depend_on_what_is_scored_beside_it() -> None:
    """To the last bit: freqtrade's lookahead-analysis compares a row of a long table with the same
    row of a short one, and calls any difference a look ahead."""
    features, won, entered, left = candidates(600, skill=1.5)
    model = fit(features, won, entered, left)
    together = model.score(features)
    for count in (1, 2, 3, 7, 50, 599):
        assert model.score(features[:count]).tolist() == together[:count].tolist()


def test_a_score_is_the_log_odds_without_the_base_rate() -> None:
    features, won, entered, left = candidates(600, skill=1.5)
    model = fit(features, won, entered, left)
    scaler, regression = make_pipeline(
        StandardScaler(), LogisticRegression(C=0.01, solver="newton-cholesky")
    ).fit(features, won)
    log_odds = regression.decision_function(scaler.transform(features)) - regression.intercept_
    assert model.score(features) == pytest.approx(log_odds)
