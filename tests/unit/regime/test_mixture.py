import numpy as np
import pandas as pd
import pytest

from nija_plugins.bars import four_hour_bars
from nija_plugins.regime import mixture
from nija_plugins.settings import Settings
from nija_plugins.view import Regime


@pytest.fixture(scope="module")
def frame():
    """Ten months: a rise, a calm, a fall, over and over."""
    random = np.random.default_rng(4)
    drift = np.repeat(np.tile([0.0012, 0.0, -0.0012], 40), 60)
    closes = 100 * np.exp(np.cumsum(drift + 0.004 * random.standard_normal(len(drift))))
    opens = np.concatenate([closes[:1], closes[:-1]])
    return pd.DataFrame(
        {
            "date": pd.date_range("2023-02-01", periods=len(closes), freq="1h", tz="UTC"),
            "open": opens,
            "high": np.maximum(opens, closes) * 1.002,
            "low": np.minimum(opens, closes) * 0.998,
            "close": closes,
            "volume": 100.0,
        }
    )


@pytest.fixture(scope="module")
def told(frame):
    return mixture.nija_regime(frame, Settings())


def test_nothing_is_known_before_a_quarter_with_a_hundred_days_behind_it(frame, told):
    known = frame["date"][told != Regime.UNKNOWN]
    assert f"{known.iloc[0]:%Y-%m-%d}" == "2023-07-01"
    assert set(told) >= {Regime.RANGING, Regime.TRENDING_UP, Regime.TRENDING_DOWN}


def test_its_names_fit_what_the_market_did(frame, told):
    week = frame["close"] / frame["close"].shift(168) - 1
    rose = week[told == Regime.TRENDING_UP].mean()
    fell = week[told == Regime.TRENDING_DOWN].mean()
    assert rose > 0.01
    assert fell < -0.01


@pytest.mark.parametrize("cut", [3700, 4321, 5000, 6500])
def test_what_comes_later_changes_nothing(frame, told, cut):
    short = mixture.nija_regime(frame.iloc[:cut], Settings())
    pd.testing.assert_series_equal(short, told.iloc[:cut])


def test_a_model_is_fitted_on_bars_that_had_closed_when_its_quarter_began(frame):
    bars = four_hour_bars(frame)
    for first, end in mixture.quarters(bars["date"]):
        began = bars["date"].iloc[first]
        assert (bars["date"].iloc[:first] + pd.Timedelta(hours=4) <= began).all()
        assert bars["date"].iloc[first:end].dt.quarter.nunique() == 1


def test_switched_off_or_short_of_candles_it_knows_nothing(frame):
    off = mixture.nija_regime(frame, Settings(market_regime_engine=False))
    assert set(off) == {Regime.UNKNOWN.value}
    assert set(mixture.nija_regime(frame.iloc[:719], Settings())) == {Regime.UNKNOWN.value}
    assert set(mixture.nija_regime(frame.iloc[:3], Settings())) == {Regime.UNKNOWN.value}
