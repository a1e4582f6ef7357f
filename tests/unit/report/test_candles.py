"""The candles around a trade: few enough to see, and the stop as it was planned and trailed."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from nija_plugins.report.candles import BARS, Candles

START = pd.Timestamp("2024-01-01", tz="UTC")
HOURS = 24 * 60


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """BTC rises 0.1% an hour for 30 days and falls as fast afterwards."""
    steps = np.where(np.arange(HOURS) < HOURS // 2, 0.001, -0.001)
    close = 100 * np.exp(np.cumsum(steps))
    opened = np.r_[100.0, close[:-1]]
    pd.DataFrame(
        {
            "date": pd.date_range(START, periods=HOURS, freq="h"),
            "open": opened,
            "high": np.maximum(opened, close) * 1.001,
            "low": np.minimum(opened, close) * 0.999,
            "close": close,
            "volume": 1.0,
        }
    ).to_feather(tmp_path / "BTC_USD-1h.feather")
    return tmp_path


def a_trade(opened: float, closed: float, **changes: object) -> SimpleNamespace:
    """From `opened` to `closed` days after START, bought at 100, 4% stop, 6% trail."""
    facts = {
        "pair": "BTC/USD",
        "opened": START + pd.Timedelta(days=opened),
        "closed": START + pd.Timedelta(days=closed),
        "open_rate": 100.0,
        "stop": 0.04,
        "trail": 0.06,
    }
    return SimpleNamespace(**(facts | changes))


@pytest.mark.parametrize("days", [0.1, 2, 10, 25])
def test_bars_keep_the_extremes_and_are_few(folder: Path, days: float) -> None:
    bars = Candles(folder).around(a_trade(20, 20 + days))
    assert bars is not None
    assert len(bars["t"]) <= BARS + 1
    candles = pd.read_feather(folder / "BTC_USD-1h.feather")
    ends = [*bars["t"][1:], float("inf")]
    for begin, end, opened, high, low, close in zip(
        bars["t"], ends, bars["o"], bars["h"], bars["l"], bars["c"], strict=True
    ):
        moments = candles["date"].dt.as_unit("ms").astype("int64")
        inside = candles[(moments >= begin) & (moments < end)]
        if end == float("inf"):  # the window ends within it
            continue
        if begin == bars["t"][0]:  # and begins within the first one
            continue
        assert opened == pytest.approx(inside["open"].iloc[0], rel=1e-5)
        assert close == pytest.approx(inside["close"].iloc[-1], rel=1e-5)
        assert high == pytest.approx(inside["high"].max(), rel=1e-5)
        assert low == pytest.approx(inside["low"].min(), rel=1e-5)


def test_the_stop_begins_as_planned_and_trails_the_highest_close(folder: Path) -> None:
    bars = Candles(folder).around(a_trade(0.5, 40))
    assert bars is not None
    stops = [one for one in bars["s"] if one is not None]
    assert stops[0] == pytest.approx(96, rel=0.02)
    assert stops == sorted(stops)
    peak = 100 * np.exp(0.001 * HOURS / 2)
    assert stops[-1] == pytest.approx(peak * 0.94, rel=1e-4)
    outside = [
        stop
        for moment, stop in zip(bars["t"], bars["s"], strict=True)
        if moment / 1000 > (START + pd.Timedelta(days=40)).timestamp()
    ]
    assert outside
    assert set(outside) == {None}


def test_a_futures_candles_lie_where_freqtrade_keeps_them(folder: Path) -> None:
    (folder / "futures").mkdir()
    kept = folder / "futures" / "BTC_USD_USD-1h-futures.feather"
    (folder / "BTC_USD-1h.feather").rename(kept)
    candles = Candles(folder)
    assert candles.around(a_trade(1, 2, pair="BTC/USD:USD"))
    assert candles.around(a_trade(1, 2)) is None
    assert candles.missing == {"BTC/USD"}


def test_what_is_not_there_is_remembered_by_name(folder: Path) -> None:
    candles = Candles(folder)
    assert candles.around(a_trade(1, 2, pair="../ETH/USD")) is None
    assert candles.missing == {"../ETH/USD"}
    assert Candles(None).around(a_trade(1, 2)) is None
