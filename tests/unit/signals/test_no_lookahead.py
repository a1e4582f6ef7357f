"""What every column of the market side must keep: no look ahead, and a memory of 719 candles."""

import numpy as np
import pandas as pd
import pytest

from nija_plugins.bars import decision_rows
from nija_plugins.regime import engine
from nija_plugins.settings import Settings
from nija_plugins.signals import (
    ensemble,
    expansion,
    higher_timeframe,
    mean_reversion,
    momentum,
    plan,
    quality,
    range_break,
    trend,
    volatility,
    volume,
)

START_UP = 719


def columns(frame):
    settings = Settings()
    regime = engine.nija_regime(frame, settings)
    voters = (trend, momentum, range_break, expansion, mean_reversion, volume, higher_timeframe)
    votes = [vote for voter in voters for vote in voter.nija_votes(frame)]
    planned = plan.nija_plan(frame)
    return pd.DataFrame(
        {
            "regime": regime,
            **{vote.name: vote.score for vote in votes},
            "score": ensemble.nija_score(votes, regime, settings),
            "stop": planned.stop,
            "target": planned.target,
            "trail": planned.trail,
            "volatility": volatility.daily_volatility(frame),
            "problem": quality.candle_problem(frame),
            "decision": decision_rows(frame),
        }
    )


@pytest.fixture(scope="module")
def frame(walk):
    frame = walk(3_800, seed=1)
    frame.loc[1_500, "high"] *= 3
    frame.loc[1_700:1_705, "volume"] = 0.0
    frame.loc[1_900, ["open", "high", "low", "close"]] = np.nan
    # An outage, as freqtrade fills it.
    prices = ["open", "high", "low", "close"]
    frame.loc[2_100:2_130, prices] = frame.loc[2_099, "close"]
    frame.loc[2_100:2_130, "volume"] = 0.0
    return frame


@pytest.fixture(scope="module")
def full(frame):
    return columns(frame)


def test_cutting_the_candles_anywhere_changes_nothing_before_the_cut(frame, full):
    for cut in np.random.default_rng(2).integers(1, len(frame), 100):
        pd.testing.assert_frame_equal(
            columns(frame.iloc[:cut]), full.iloc[:cut], check_dtype=False, check_exact=True
        )


def test_719_candles_say_the_same_as_3000_to_the_last_bit(frame, full):
    # From 2,850 on, the broken candle lies further back than any window of 719 + 12 reaches.
    for end in np.random.default_rng(3).integers(2_850, len(frame), 60):
        short = columns(frame.iloc[end - START_UP : end])
        pd.testing.assert_series_equal(
            short.iloc[-1], full.iloc[end - 1], check_dtype=False, check_exact=True
        )


def test_the_walk_visits_everything(full):
    """Else the two tests above would compare nothing."""
    assert set(full["regime"]) >= {"trending_up", "trending_down", "ranging", "breakout", "unknown"}
    assert (full["score"] >= 0.75).sum() > 50
    assert full["problem"].nunique() >= 3
    assert full.iloc[START_UP:].drop(columns="problem").notna().mean().min() > 0.8
