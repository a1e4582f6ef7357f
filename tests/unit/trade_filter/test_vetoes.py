"""The two rules that read what the filter said."""

import pytest

from nija_plugins.settings import Settings
from nija_plugins.trade_filter import confidence, expectancy
from tests.conftest import a_request


def test_confidence_from_the_minimum_on() -> None:
    settings = Settings(min_ai_confidence=0.70)
    assert confidence.nija_veto(a_request(confidence=0.70), settings) is None
    said = confidence.nija_veto(a_request(confidence=0.69), settings)
    assert said == "The AI filter's confidence is 0.69, below 0.7."


def test_a_filter_that_does_not_know_refuses_with_its_reason() -> None:
    said = confidence.nija_veto(a_request(doubt="Fetch more candles."), Settings())
    assert said == "Fetch more candles."


def test_without_a_filter_both_rules_are_inactive() -> None:
    assert confidence.nija_veto(a_request(), Settings()) is None
    assert expectancy.nija_veto(a_request()) is None


def test_the_expectancy_must_be_above_zero() -> None:
    request = a_request(confidence=1.0)
    even = 1 / (1 + request.reward_over_risk)
    better, worse = a_request(win_probability=even + 0.01), a_request(win_probability=even - 0.01)
    assert expectancy.nija_veto(better) is None
    assert "loses after fees" in str(expectancy.nija_veto(worse))


@pytest.mark.parametrize("chance", [0.0, float("nan")])
def test_no_chance_is_refused(chance: float) -> None:
    assert expectancy.nija_veto(a_request(win_probability=chance)) is not None
