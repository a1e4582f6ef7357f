"""Synthetic 1h candles: a path of closes, or a seeded random walk with daily columns."""

import numpy as np
import pandas as pd
import pytest


def make_candles(closes, wick=0.002, start="2024-01-01"):
    closes = np.asarray(closes, dtype=float)
    opens = np.concatenate([closes[:1], closes[:-1]])
    return pd.DataFrame(
        {
            "date": pd.date_range(start, periods=len(closes), freq="1h", tz="UTC"),
            "open": opens,
            "high": np.maximum(opens, closes) * (1 + wick),
            "low": np.minimum(opens, closes) * (1 - wick),
            "close": closes,
            "volume": 100.0,
        }
    )


def make_walk(length, seed, drift=0.0, volatility=0.008):
    """A walk with fat tails and changing volatility, daily columns as the adapter merges them."""
    random = np.random.default_rng(seed)
    mood = np.exp(np.repeat(random.normal(0, 0.5, length // 48 + 1), 48)[:length])
    steps = drift + volatility * mood * random.standard_t(4, length) / np.sqrt(2)
    frame = make_candles(30_000 * np.exp(np.cumsum(steps)), start="2023-01-01 02:00")
    frame["high"] *= 1 + 0.004 * random.random(length)
    frame["low"] *= 1 - 0.004 * random.random(length)
    # A daily candle becomes known on the 23:00 candle, which closes with it.
    daily = frame["close"].where(frame["date"].dt.hour == 23)
    frame["close_1d"] = daily.ffill()
    frame["sma50_1d"] = daily.dropna().rolling(10).mean().reindex(frame.index).ffill()
    return frame


@pytest.fixture
def candles():
    return make_candles


@pytest.fixture(scope="session")
def walk():
    return make_walk
