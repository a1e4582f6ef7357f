import numpy as np
import pytest

from nija_plugins.signals.quality import SHADOW, candle_problem

AT = 50


@pytest.fixture
def frame(candles):
    return candles(100 + np.sin(np.arange(120)))


def test_sound_candles_have_no_problem(frame, walk):
    assert candle_problem(frame).isna().all()
    assert candle_problem(walk(2_000, seed=9)).isna().all()


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("close", np.nan, "missing or not above zero"),
        ("open", np.inf, "missing or not above zero"),
        ("low", 0.0, "missing or not above zero"),
        ("low", -1.0, "missing or not above zero"),
        ("high", 90.0, "do not enclose"),
        ("low", 105.0, "do not enclose"),
        ("high", 170.0, "moved more than 60%"),
        ("low", 30.0, "moved more than 60%"),
        ("volume", np.nan, "volume"),
        ("volume", -1.0, "volume"),
    ],
)
def test_a_broken_candle_is_named_and_doubted_for_a_day(frame, column, value, words):
    frame.loc[AT, column] = value
    problem = candle_problem(frame)
    assert problem[: AT - 1].isna().all()
    assert problem[AT : AT + SHADOW - 1].str.contains(words).all()
    assert problem[AT + SHADOW + 1 :].isna().all()


def test_a_bar_without_any_trade_is_flagged_until_somebody_trades(frame):
    frame.loc[AT : AT + 5, "volume"] = 0.0
    problem = candle_problem(frame)
    flagged = problem.index[problem.notna()].tolist()
    assert flagged == [AT + 3, AT + 4, AT + 5]
    assert "No trade" in problem[AT + 3]
