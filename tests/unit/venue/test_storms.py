"""The harsher market: gaps and crashes where they were asked for, and nothing else changed."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from nija_plugins.venue.market.generator import EPOCH, synthetic_candles
from nija_plugins.venue.market.storms import StormCandles, Storms

END = EPOCH + timedelta(days=120)
NAMES = ("BTC", "ETH", "SOL")


def storm(seed: int = 1, days: int = 120, **how) -> dict[str, pd.DataFrame]:
    source = StormCandles(seed, EPOCH, EPOCH + timedelta(days=days), Storms(**how))
    return {name: source.hours(name, EPOCH, END) for name in NAMES}


def jumps(candles: pd.DataFrame) -> np.ndarray:
    """Each opening over the last close, less one."""
    return candles["open"].to_numpy()[1:] / candles["close"].to_numpy()[:-1] - 1


def test_without_storms_it_is_the_demo_s_market() -> None:
    for name, candles in storm(gaps_per_hour=0, crashes_per_hour=0).items():
        pd.testing.assert_frame_equal(candles, synthetic_candles(name, EPOCH, END, 1))


@pytest.mark.parametrize("seed", [-3, 1, 2])
def test_candles_are_possible(seed: int) -> None:
    for candles in storm(seed, gaps_per_hour=0.05, crashes_per_hour=0.01).values():
        body = candles[["open", "close"]]
        assert (candles["high"] >= body.max(axis=1)).all()
        assert (candles["low"] <= body.min(axis=1)).all()
        assert (candles["low"] > 0).all()


def test_gaps_hit_all_assets_at_once_up_and_down_and_within_their_bounds() -> None:
    found = {name: jumps(one) for name, one in storm(crashes_per_hour=0).items()}
    hours = [np.flatnonzero(np.abs(one) > 0.01).tolist() for one in found.values()]
    assert 12 <= len(hours[0]) <= 40
    assert hours[0] == hours[1] == hours[2]
    sizes = found["BTC"][hours[0]]
    assert sizes.min() < 0 < sizes.max()
    assert np.abs(sizes).min() > 0.0199 and np.abs(sizes).max() < 0.0801
    assert found["SOL"][hours[0]] == pytest.approx(sizes * 1.25, abs=1e-3)


def test_a_crash_falls_by_what_was_asked_within_its_hours_and_stays() -> None:
    how = {"gaps_per_hour": 0, "crashes_per_hour": 1 / 2000, "crash": (0.3, 0.3)}
    crashed, calm = storm(**how)["BTC"], synthetic_candles("BTC", EPOCH, END, 1)
    share = (crashed["close"] / calm["close"]).to_numpy()
    begins = np.flatnonzero(np.diff(np.r_[1.0, share]) < -0.001)
    assert len(begins)
    assert share[begins[0] + 12] == pytest.approx(0.7, abs=1e-3)
    assert np.abs(jumps(crashed)).max() < 1e-5, "a crash is no gap"


def test_seeded_and_a_longer_market_begins_like_a_shorter_one() -> None:
    assert storm(1)["ETH"].equals(storm(1)["ETH"])
    assert not storm(1)["ETH"].equals(storm(2)["ETH"])
    short = storm(1, days=30)["ETH"]
    pd.testing.assert_frame_equal(storm(1)["ETH"].iloc[: len(short)], short)


def test_longer_candles_show_the_gap() -> None:
    source = StormCandles(1, EPOCH, END, Storms(gaps_per_hour=0.2, crashes_per_hour=0))
    daily = source.candles("BTC/USD", "1d", EPOCH, END, END)
    assert len(daily) == 120
    assert source.last_price("BTC/USD", END + timedelta(days=900)) == daily["close"].iloc[-1]
