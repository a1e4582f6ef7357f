import numpy as np
import pytest

from nija_plugins.signals.plan import nija_plan
from nija_plugins.signals.volatility import daily_volatility


def test_a_plan_stays_within_its_bounds_and_is_missing_at_first(walk):
    plan = nija_plan(walk(3_000, seed=5, volatility=0.02))
    assert plan.stop.iloc[:160].isna().all()
    assert plan.stop.dropna().between(0.02, 0.25).all()
    assert plan.trail.dropna().between(0.03, 0.30).all()
    assert plan.target.iloc[300:].gt(0).all()


def test_the_target_is_the_height_of_the_range_and_not_a_multiple_of_the_stop(candles, walk):
    hours = np.arange(800)
    closes = 100 + 10 * np.sin(hours * 2 * np.pi / 200)
    frame = candles(closes)
    target = nija_plan(frame).target.iloc[-1]
    window = frame.iloc[-240:]
    height = (window["high"].max() - window["low"].min()) / closes[-1]
    assert target == pytest.approx(height)

    plan = nija_plan(walk(3_000, seed=6))
    ratio = (plan.target / plan.stop).dropna()
    assert ratio.quantile(0.9) > 1.5 * ratio.quantile(0.1)


def test_a_wilder_market_gets_wider_distances(walk):
    calm, wild = (nija_plan(walk(1_000, seed=7, volatility=v)) for v in (0.006, 0.012))
    for name in ("stop", "target", "trail"):
        assert getattr(wild, name).iloc[-1] > getattr(calm, name).iloc[-1]


def test_a_market_without_movement_has_no_plan(candles):
    plan = nija_plan(candles(np.full(800, 100.0), wick=0.0))
    assert plan.stop.isna().all()
    assert plan.target.isna().all()
    assert plan.trail.isna().all()


def test_daily_volatility_of_a_known_walk(candles):
    steps = np.random.default_rng(8).normal(0, 0.01, 5_000)
    volatility = daily_volatility(candles(100 * np.exp(np.cumsum(steps))))
    assert volatility.iloc[719:].mean() == pytest.approx(0.01 * np.sqrt(24), rel=0.05)
    assert volatility.iloc[:671].isna().all()
    assert volatility.iloc[679:].notna().all()
