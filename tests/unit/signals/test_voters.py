import numpy as np
import pytest

from nija_plugins.signals import (
    expansion,
    higher_timeframe,
    mean_reversion,
    momentum,
    range_break,
    trend,
    volume,
)
from nija_plugins.view import Family
from tests.unit.signals.conftest import make_candles

HOURS = 800
CALM = 100 * (1 + 0.003 * np.sin(np.arange(HOURS)))
"""A price that goes nowhere."""
UP = CALM * np.exp(0.0008 * np.arange(HOURS))
DOWN = CALM * np.exp(-0.0008 * np.arange(HOURS))
JUMP = np.where(np.arange(HOURS) < HOURS - 4, CALM, CALM * 1.03)
"""Calm until the last 4h bar."""
DROP = np.where(np.arange(HOURS) < HOURS - 4, CALM, CALM * 0.97)


def last(voter, frame):
    (vote,) = voter.nija_votes(frame)
    assert len(vote.score) == len(frame)
    assert vote.score.dropna().between(0, 1).all()
    return vote.score.iloc[-1]


@pytest.mark.parametrize(
    ("voter", "yes", "no"),
    [
        (trend, [UP], [DOWN, DROP]),
        (momentum, [UP], [DOWN, CALM, DROP]),
        (range_break, [UP, JUMP], [DOWN, DROP]),
        (expansion, [JUMP], [CALM, UP, DOWN, DROP]),
    ],
    ids=lambda value: getattr(value, "__name__", "").rpartition(".")[2] or None,
)
def test_a_voter_says_yes_and_no_where_it_should(candles, voter, yes, no):
    assert [last(voter, candles(closes)) for closes in yes] == pytest.approx([1.0] * len(yes))
    assert [last(voter, candles(closes)) for closes in no] == pytest.approx([0.0] * len(no))


@pytest.mark.parametrize("voter", [trend, momentum, range_break, expansion])
def test_a_voter_abstains_on_too_few_candles_and_where_nothing_moves(candles, voter):
    assert np.isnan(last(voter, candles(UP[:40])))
    assert np.isnan(last(voter, candles(np.full(HOURS, 100.0), wick=0.0)))


def test_the_higher_timeframe_compares_the_daily_close_with_its_average(candles):
    frame = candles(CALM).assign(close_1d=104.0, sma50_1d=100.0)
    assert last(higher_timeframe, frame) == 1.0
    assert last(higher_timeframe, frame.assign(close_1d=99.0)) == 0.0
    assert np.isnan(last(higher_timeframe, frame.assign(sma50_1d=np.nan)))
    assert np.isnan(last(higher_timeframe, candles(CALM)))


def busy(closes, times):
    """Candles whose last 4h bar trades `times` the usual volume."""
    frame = make_candles(closes)
    frame.loc[HOURS - 4 :, "volume"] *= times
    return frame


def test_volume_wants_both_a_crowd_and_a_rise():
    assert last(volume, busy(JUMP, 2)) == pytest.approx(1.0)
    assert last(volume, busy(JUMP, 1.5)) == pytest.approx(0.5)
    assert last(volume, busy(JUMP, 1)) == 0.0
    assert last(volume, busy(DROP, 2)) == 0.0
    assert np.isnan(last(volume, busy(JUMP, 2).assign(volume=0.0)))
    assert np.isnan(last(volume, make_candles(UP[:40])))


def test_mean_reversion_buys_the_turn_of_a_pullback_in_a_rising_market_only():
    dip = np.concatenate([np.zeros(HOURS - 64), np.linspace(0, -0.12, 60), np.full(4, -0.10)])
    assert last(mean_reversion, make_candles(UP * (1 + dip))) == pytest.approx(1.0)
    still_falling = np.concatenate([np.zeros(HOURS - 64), np.linspace(0, -0.12, 64)])
    assert last(mean_reversion, make_candles(UP * (1 + still_falling))) == 0.0
    assert last(mean_reversion, make_candles(DOWN * (1 + dip))) == 0.0
    assert last(mean_reversion, make_candles(UP)) == 0.0
    assert np.isnan(last(mean_reversion, make_candles(UP[:200])))


def test_the_index_of_strength_knows_its_ends():
    rising = mean_reversion.relative_strength(np.arange(1.0, 40.0), 14)
    assert np.isnan(rising[:14]).all()
    assert rising[-1] == 100.0
    assert mean_reversion.relative_strength(np.arange(40.0, 1.0, -1.0), 14)[-1] == 0.0
    assert mean_reversion.relative_strength(np.full(40, 3.0), 14)[-1] == 50.0


def test_seven_voters_speak_for_every_family():
    frame = make_candles(UP)
    voters = (trend, momentum, range_break, expansion, mean_reversion, volume, higher_timeframe)
    assert {voter.nija_votes(frame)[0].family for voter in voters} == set(Family)
