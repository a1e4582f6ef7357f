import numpy as np
import pytest

from nija_plugins.signals import expansion, higher_timeframe, momentum, range_break, trend
from nija_plugins.view import Family

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


def test_five_voters_speak_for_four_families(candles):
    frame = candles(UP)
    voters = (trend, momentum, range_break, expansion, higher_timeframe)
    families = [voter.nija_votes(frame)[0].family for voter in voters]
    assert set(families) == {
        Family.TREND,
        Family.MOMENTUM,
        Family.BREAKOUT,
        Family.HIGHER_TIMEFRAME,
    }
