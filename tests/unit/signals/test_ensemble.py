from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from nija_plugins.settings import Settings
from nija_plugins.signals.ensemble import nija_score
from nija_plugins.signals.weights import WEIGHTS
from nija_plugins.view import Family, Regime, Vote

ENTRY = 0.75


def score(regime, opinions, **settings):
    votes = [Vote(f"v{i}", f, pd.Series([float(s)])) for i, (f, s) in enumerate(opinions)]
    return nija_score(votes, pd.Series([regime.value]), Settings(**settings)).iloc[0]


def test_every_family_has_a_weight_in_every_regime():
    assert set(WEIGHTS) == set(Regime)
    for row in WEIGHTS.values():
        assert set(row) == set(Family)
        assert all(0 <= weight <= 1 for weight in row.values())


@pytest.mark.parametrize("regime", Regime)
@pytest.mark.parametrize("family", Family)
def test_one_family_alone_never_enters_however_many_voters_it_has(regime, family):
    for engine in (True, False):
        assert score(regime, [(family, 1.0)] * 5, market_regime_engine=engine) <= 0.5


@pytest.mark.parametrize(
    ("regime", "families"),
    [
        (Regime.TRENDING_UP, (Family.TREND, Family.MOMENTUM)),
        (Regime.TRENDING_UP, (Family.BREAKOUT, Family.HIGHER_TIMEFRAME)),
        (Regime.BREAKOUT, (Family.BREAKOUT, Family.VOLUME)),
        (Regime.RANGING, (Family.BREAKOUT, Family.MOMENTUM)),
        (Regime.RANGING, (Family.BREAKOUT, Family.VOLUME)),
    ],
)
def test_two_families_that_suit_the_regime_enter_and_others_do_not_dilute_them(regime, families):
    agreed = [(family, 1.0) for family in families]
    silent = [(family, 0.0) for family in Family if family not in families]
    assert score(regime, agreed) >= ENTRY
    assert score(regime, agreed + silent) == score(regime, agreed)


def test_nothing_enters_while_the_market_falls():
    everybody = [(family, 1.0) for family in Family]
    for regime in (Regime.TRENDING_DOWN, Regime.CRISIS):
        assert score(regime, everybody) < ENTRY
        assert score(regime, everybody, signal_ensemble=False) < ENTRY


def test_with_the_regime_engine_off_all_voters_weigh_the_same():
    for pair in combinations(Family, 2):
        opinions = [(pair[0], 0.9), (pair[1], 0.7)]
        assert score(Regime.UNKNOWN, opinions, market_regime_engine=False) == pytest.approx(0.8)


def test_with_the_regime_engine_on_an_unknown_regime_scores_nothing():
    assert score(Regime.UNKNOWN, [(family, 1.0) for family in Family]) == 0.0


def test_without_the_ensemble_the_strongest_single_vote_is_the_score():
    opinions = [(Family.TREND, 0.8), (Family.MOMENTUM, 0.3), (Family.VOLUME, np.nan)]
    for regime in (Regime.TRENDING_UP, Regime.RANGING, Regime.BREAKOUT):
        assert score(regime, opinions, signal_ensemble=False) == pytest.approx(0.8)


def test_abstentions_and_nobody_are_no_reason_to_buy():
    assert score(Regime.RANGING, [(family, np.nan) for family in Family]) == 0.0
    assert score(Regime.RANGING, []) == 0.0
    assert score(Regime.RANGING, [], signal_ensemble=False) == 0.0
    assert score(Regime.TRENDING_UP, [(Family.TREND, np.nan), (Family.BREAKOUT, 1.0)]) == 0.5
