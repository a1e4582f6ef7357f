"""The strategy object by itself: it pickles, sees no future, and fingerprints what decides."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import pytest
from freqtrade.enums import RunMode
from freqtrade.exceptions import OperationalException
from freqtrade.resolvers import StrategyResolver

from nija_plugins.market import COLUMNS
from tests.conftest import ROOT

HOURS = 24 * 150
LISTED = {
    "precision": {"amount": 1e-8},
    "limits": {"amount": {"min": 1e-8}, "cost": {"min": 1.0}},
    "maker": 0.0025,
    "taker": 0.004,
}


def config(userdir: Path = ROOT / "user_data", **changes: Any) -> dict[str, Any]:
    return {
        "strategy": "NijaMicro",
        "user_data_dir": userdir,
        "runmode": RunMode.BACKTEST,
        "exchange": {"name": "kraken"},
        "stake_currency": "USD",
        "stake_amount": "unlimited",
        "dry_run_wallet": 100,
        "max_open_trades": 2,
        "candle_type_def": "spot",
        "nija": {},
    } | changes


def strategy(**changes: Any) -> Any:
    return StrategyResolver.load_strategy(config(**changes))


@pytest.fixture(scope="module")
def candles() -> pd.DataFrame:
    """150 days of hourly candles, a seeded random walk with bursts."""
    rng = np.random.default_rng(11)
    burst = np.repeat(rng.choice([0.004, 0.012], HOURS // 120), 120)
    close = 100 * np.exp(np.cumsum(rng.standard_t(4, HOURS) * burst / 1.4))
    open_ = np.r_[100.0, close[:-1]]
    spread = np.abs(rng.normal(0, 0.003, (2, HOURS)))
    return pd.DataFrame(
        {
            "date": pd.date_range("2024-01-01", periods=HOURS, freq="h", tz="UTC"),
            "open": open_,
            "high": np.maximum(open_, close) * (1 + spread[0]),
            "low": np.minimum(open_, close) * (1 - spread[1]),
            "close": close,
            "volume": rng.lognormal(3, 1, HOURS),
        }
    )


def daily_of(candles: pd.DataFrame) -> pd.DataFrame:
    """The daily bars that had closed by the end of `candles`."""
    full = len(candles) // 24
    days = candles.iloc[: full * 24].groupby(np.arange(full * 24) // 24)
    return days.agg({"date": "first", "close": "last"})


def columns(candles: pd.DataFrame) -> pd.DataFrame:
    """NIJA's columns and the entry signal, as the strategy makes them from `candles` alone."""
    nija = strategy()
    daily = daily_of(candles)
    nija.dp = SimpleNamespace(
        get_pair_dataframe=lambda pair, timeframe: daily, market=lambda pair: LISTED
    )
    frame = nija.populate_indicators(candles.copy(), {"pair": "BTC/USD"})
    frame = nija.populate_entry_trend(frame, {"pair": "BTC/USD"})
    return frame[["close_1d", "sma50_1d", *COLUMNS, "enter_long", "enter_tag"]]


@pytest.mark.parametrize("cuts", [40, pytest.param(200, marks=pytest.mark.slow)])
def test_cutting_the_candles_at_random_points_changes_no_earlier_column(candles, cuts) -> None:
    whole = columns(candles)
    assert whole["enter_long"].sum() > 20
    for end in np.random.default_rng(1).integers(800, HOURS, cuts):
        cut = columns(candles.iloc[:end])
        pd.testing.assert_frame_equal(cut, whole.iloc[:end], check_exact=True)


def test_it_pickles_and_works_on_in_the_copy(candles) -> None:
    nija = strategy()
    nija.dp = SimpleNamespace(
        get_pair_dataframe=lambda pair, timeframe: pd.DataFrame(), market=lambda pair: LISTED
    )
    nija.populate_entry_trend(
        nija.populate_indicators(candles.copy(), {"pair": "BTC/USD"}), {"pair": "BTC/USD"}
    )
    copy = cloudpickle.loads(cloudpickle.dumps(nija))
    assert copy.nija_settings == nija.nija_settings
    again = copy.populate_indicators(candles.copy(), {"pair": "BTC/USD"})
    assert again["nija_score"].notna().any()


class TestFingerprint:
    """freqtrade hashes the configuration: what NIJA adds to it must change with what decides."""

    def of(self, **changes: Any) -> str:
        return str(strategy(**changes).config["nija_fingerprint"])

    def test_same_input_same_fingerprint(self) -> None:
        assert self.of() == self.of()

    def test_an_environment_override_changes_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        before = self.of()
        monkeypatch.setenv("MAX_POSITION_PCT", "15")
        assert self.of() != before

    def test_a_users_plugin_and_a_tier_in_it_change_it(self, house: Path) -> None:
        def changed(source: str) -> str:
            (house / "user_data/plugins/mine.py").write_text(source)
            return self.of(user_data_dir=house / "user_data")

        assert changed("A = 1\n") != changed("A = 2\n")

    def test_the_candles_the_filter_learns_from_change_it(self, tmp_path: Path) -> None:
        file = tmp_path / "BTC_USD-1h.feather"

        def with_candles(content: bytes, filtered: bool) -> str:
            file.write_bytes(content)
            return self.of(datadir=tmp_path, nija={"ai_trade_filter": filtered})

        assert with_candles(b"a", True) != with_candles(b"b", True)
        assert with_candles(b"a", False) == with_candles(b"b", False)


def test_a_wrong_setting_ends_the_start_with_a_code_that_is_not_zero() -> None:
    """OperationalException makes freqtrade exit with 2; ConfigurationError would give 0."""
    with pytest.raises(OperationalException, match="max_positon_pct") as caught:
        strategy(nija={"max_positon_pct": 1})
    assert type(caught.value).__mro__[1] is OperationalException
