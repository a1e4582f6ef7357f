import numpy as np
import pandas as pd
import pytest

from nija_plugins.regime.engine import efficiency_ratio, nija_regime, persistent
from nija_plugins.settings import Settings
from nija_plugins.view import Regime

HOURS = np.arange(1_000)
WAVE = 1 + 0.004 * np.sin(HOURS / 2)
CALM = 100 * WAVE


def candles(closes, wick=0.002):
    closes = np.asarray(closes, dtype=float)
    opens = np.concatenate([closes[:1], closes[:-1]])
    return pd.DataFrame(
        {
            "date": pd.date_range("2024-01-01", periods=len(closes), freq="1h", tz="UTC"),
            "open": opens,
            "high": np.maximum(opens, closes) * (1 + wick),
            "low": np.minimum(opens, closes) * (1 - wick),
            "close": closes,
            "volume": 100.0,
        }
    )


def regime(closes, **options):
    return nija_regime(candles(closes, **options), Settings())


@pytest.mark.parametrize(
    ("closes", "expected"),
    [
        (CALM * np.exp(0.001 * HOURS), Regime.TRENDING_UP),
        (CALM * np.exp(-0.001 * HOURS), Regime.TRENDING_DOWN),
        (CALM, Regime.RANGING),
        (CALM * np.where(HOURS < 980, 1, 1 + 0.006 * (HOURS - 979)), Regime.BREAKOUT),
        (CALM * np.where(HOURS < 980, 1, 1 - 0.012 * (HOURS - 979)), Regime.CRISIS),
    ],
    ids=["up", "down", "flat", "break", "crash"],
)
def test_constructed_markets_are_recognised(closes, expected):
    assert regime(closes).iloc[-1] == expected


def test_a_market_that_does_not_move_at_all_is_ranging():
    assert regime(np.full(1_000, 100.0), wick=0.0).iloc[-1] == Regime.RANGING


def test_too_few_candles_are_unknown_and_719_are_enough():
    told = regime(CALM)
    assert (told.iloc[:500] == Regime.UNKNOWN).all()
    assert (told.iloc[640:] != Regime.UNKNOWN).all()
    assert (regime(CALM[:3]) == Regime.UNKNOWN).all()


def test_switched_off_every_candle_is_unknown():
    told = nija_regime(candles(CALM), Settings(market_regime_engine=False))
    assert set(told) == {Regime.UNKNOWN.value}


def test_one_bar_of_another_state_does_not_show_but_crisis_does():
    a, b, c = Regime.RANGING.value, Regime.BREAKOUT.value, Regime.CRISIS.value
    raw = pd.Series([a, a, b, a, b, b, c, a, a, a], dtype=object)
    assert persistent(raw).tolist()[2:] == [a, a, b, b, c, a, a, a]


def test_a_jagged_way_is_less_efficient_than_a_straight_one():
    straight = efficiency_ratio(np.arange(1.0, 30.0), 10)
    assert straight[-1] == pytest.approx(1.0)
    assert efficiency_ratio(np.tile([1.0, 2.0], 15), 10)[-1] == 0.0
    assert efficiency_ratio(np.ones(30), 10)[-1] == 0.0
    assert np.isnan(straight[:10]).all()
