"""What hyperopt turns acts, on what was computed once."""

from dataclasses import replace
from datetime import UTC, datetime
from math import isnan
from typing import Any

import pytest

from nija_plugins.candles.book import Reading
from nija_plugins.signals.ensemble import nija_score
from nija_plugins.view import Regime
from tests.unit.strategy.test_strategy import strategy

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)


def reading(regime: Regime = Regime.RANGING) -> Reading:
    return Reading(
        ended=NOW,
        close=100.0,
        regime=regime,
        score=0.6,
        stop=0.05,
        target=0.2,
        trail=0.08,
        confidence=float("nan"),
        win_probability=float("nan"),
        doubt=None,
        volatility=0.03,
        problem=None,
    )


def bent(regime: Regime = Regime.RANGING, **parameters: float) -> Reading:
    """The reading of `regime` as a strategy with these parameters sees it."""
    nija: Any = strategy()
    for name, value in parameters.items():
        getattr(nija, name).value = value
    nija._book.reading = lambda pair, now: reading(regime)
    found: Reading = nija._reading("BTC/USD", NOW)
    return found


def test_as_shipped_nothing_is_bent() -> None:
    found = bent()
    assert (found.score, found.stop, found.target, found.trail) == (0.6, 0.05, 0.2, 0.08)


@pytest.mark.parametrize(
    ("parameter", "field"),
    [("scores", "score"), ("stops", "stop"), ("trails", "trail"), ("targets", "target")],
)
def test_each_parameter_bends_its_own_number(parameter: str, field: str) -> None:
    found, plain = bent(**{parameter: 1.2}), reading()
    for name in ("score", "stop", "trail", "target"):
        factor = 1.2 if name == field else 1.0
        assert getattr(found, name) == pytest.approx(factor * getattr(plain, name))


def test_a_score_that_is_not_known_stays_so() -> None:
    """No signal has such a score, but a person may force an entry: it would count as the best."""
    unknown = replace(reading(), score=float("nan"))
    found = unknown.bent(score=1.0, stop=1.0, trail=1.0, target=1.0, widest=0.27)
    assert isnan(found.score)


def test_distances_stay_inside_the_disaster_stop() -> None:
    assert bent(trails=4.0).trail == pytest.approx(0.27)
    assert bent(stops=10.0).stop == pytest.approx(0.27)


@pytest.mark.parametrize("name", ["trending_up", "breakout", "ranging"])
def test_a_row_of_weights_bends_scores_in_its_regime_only(name: str) -> None:
    for regime in Regime:
        factor = 0.75 if regime.value == name else 1.0
        assert bent(regime, **{name: 0.75}).score == pytest.approx(0.6 * factor)


def test_turning_a_row_is_turning_its_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Why hyperopt may turn the weights without computing a score again."""
    import pandas as pd

    from nija_plugins.settings import Settings
    from nija_plugins.signals import ensemble
    from nija_plugins.view import Family, Vote

    votes = [Vote(f.value, f, pd.Series([s])) for f, s in zip(Family, (1, 0.8, 0.4), strict=False)]
    regime = pd.Series([Regime.RANGING.value])
    before = nija_score(votes, regime, Settings()).iloc[0]
    turned = {
        row: {family: 0.8 * weight for family, weight in weights.items()}
        for row, weights in ensemble.WEIGHTS.items()
    }
    monkeypatch.setattr(ensemble, "WEIGHTS", turned)
    assert nija_score(votes, regime, Settings()).iloc[0] == pytest.approx(0.8 * before)


def test_no_bend_within_the_spaces_lifts_a_signal_that_is_no_candidate() -> None:
    """Candidates are chosen before anything is bent, from two thirds of the minimum score on."""
    from nija_plugins.market import NEAR_MISS

    nija: Any = strategy()
    most = nija.scores.high * max(
        row.high for row in (nija.trending_up, nija.breakout, nija.ranging)
    )
    assert most <= 1 / NEAR_MISS + 1e-9
