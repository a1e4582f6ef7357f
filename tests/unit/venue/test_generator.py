"""The synthetic market: fair, the same whoever asks, and made of possible candles."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nija_plugins.venue.market.candles import (
    FileCandles,
    NoCandles,
    SyntheticCandles,
    UnknownTimeframe,
)
from nija_plugins.venue.market.files import write_synthetic_candles
from nija_plugins.venue.market.forming import Candle, forming
from nija_plugins.venue.market.generator import ASSETS, EPOCH, synthetic_candles
from nija_plugins.venue.market.marker import MARKER, RealCandles
from nija_plugins.venue.market.regimes import REGIMES, shares, transitions

YEAR = timedelta(hours=8760)
NAMES = [asset.name for asset in ASSETS]


def closes(asset: str, seeds: range) -> np.ndarray:
    """Closing prices over the starting price, (seeds, hours)."""
    rows = []
    for seed in seeds:
        candles = synthetic_candles(asset, EPOCH, EPOCH + YEAR, seed)
        rows.append(candles["close"].to_numpy() / candles["open"].iloc[0])
    return np.array(rows)


class TestFairness:
    """No drift: holding anything for any time earns nothing on average."""

    @pytest.mark.parametrize("asset", NAMES)
    def test_mean_return_is_zero_within_its_standard_error(self, asset: str) -> None:
        gross = closes(asset, range(1000, 1060))
        for hours in (1, 24, 168):
            returns = gross[:, hours::hours] / gross[:, :-hours:hours] - 1
            # One mean a seed: hours of one seed share its regimes, seeds share nothing.
            means = returns.mean(axis=1)
            error = means.std(ddof=1) / np.sqrt(len(means))
            assert abs(means.mean()) < 3 * error

    def test_every_regime_gives_back_its_lean(self) -> None:
        for regime in REGIMES:
            expected = (1 - regime.ending) * regime.lean + regime.ending * regime.reversal
            assert expected == pytest.approx(0, abs=1e-12)

    def test_the_chain_is_a_probability(self) -> None:
        assert transitions().sum(axis=1) == pytest.approx(1)
        assert shares() @ transitions() == pytest.approx(shares())


@pytest.fixture(scope="module")
def returns() -> dict[str, np.ndarray]:
    """Hourly log returns by asset, (seeds, hours)."""
    return {name: np.diff(np.log(closes(name, range(20))), axis=1) for name in NAMES}


class TestRealism:
    """As wild as crypto, and wild in clusters."""

    def test_volatility_per_year(self, returns: dict[str, np.ndarray]) -> None:
        for asset in ASSETS:
            yearly = returns[asset.name].std() * np.sqrt(8766)
            assert yearly == pytest.approx(asset.volatility, rel=0.1)

    def test_fat_tails(self, returns: dict[str, np.ndarray]) -> None:
        assert all(pd.Series(one.ravel()).kurt() > 10 for one in returns.values())

    def test_assets_move_together(self, returns: dict[str, np.ndarray]) -> None:
        together = np.corrcoef([returns[name].ravel() for name in NAMES])
        assert together[np.triu_indices(3, 1)].min() > 0.5

    def test_volatility_clusters(self, returns: dict[str, np.ndarray]) -> None:
        sizes = np.abs(returns["BTC"])
        later = np.corrcoef(sizes[:, :-24].ravel(), sizes[:, 24:].ravel())[0, 1]
        assert later > 0.1


class TestSameForEverybody:
    """Candles depend on the seed, the asset and the hour, not on what was asked."""

    @given(start=st.integers(0, 30_000), length=st.integers(1, 12_000))
    def test_any_two_spans_agree_where_they_overlap(self, start: int, length: int) -> None:
        whole = synthetic_candles("ETH", EPOCH, EPOCH + timedelta(hours=42_000))
        first = EPOCH + timedelta(hours=start)
        part = synthetic_candles("ETH", first, first + timedelta(hours=length))
        expected = whole.iloc[start : start + length].reset_index(drop=True)
        pd.testing.assert_frame_equal(part, expected)

    def test_other_seeds_are_other_markets(self) -> None:
        span = (EPOCH, EPOCH + timedelta(days=3))
        one, two = (synthetic_candles("BTC", *span, seed) for seed in (1, 2))
        assert not one["close"].equals(two["close"])

    def test_nothing_before_the_epoch(self) -> None:
        early = synthetic_candles("BTC", EPOCH - timedelta(days=9), EPOCH + timedelta(hours=2))
        assert list(early["date"]) == [EPOCH, EPOCH + timedelta(hours=1)]
        assert synthetic_candles("BTC", EPOCH - timedelta(days=9), EPOCH).empty

    def test_unknown_asset(self) -> None:
        with pytest.raises(ValueError, match="BTC, ETH, SOL, not DOGE"):
            synthetic_candles("DOGE", EPOCH, EPOCH + YEAR)


@pytest.mark.parametrize("asset", NAMES)
def test_candles_are_possible(asset: str) -> None:
    """Consistent prices, positive volumes, no gap in time, each opening at the last close."""
    candles = synthetic_candles(asset, EPOCH, EPOCH + 5 * YEAR)
    body = candles[["open", "close"]]
    assert (candles["high"] >= body.max(axis=1)).all()
    assert (candles["low"] <= body.min(axis=1)).all()
    assert (candles["low"] > 0).all()
    assert (candles["volume"] > 0).all()
    assert (candles["date"].diff().dropna() == timedelta(hours=1)).all()
    assert (candles["open"].to_numpy()[1:] == candles["close"].to_numpy()[:-1]).all()


class TestForming:
    """A candle that is not over yet."""

    @given(
        prices=st.tuples(*[st.floats(1, 1e5) for _ in range(4)]),
        moments=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    )
    def test_earlier_lies_within_later(
        self, prices: tuple[float, ...], moments: tuple[float, float]
    ) -> None:
        whole = Candle(prices[0], max(prices), min(prices), prices[1], 10)
        early, late = (forming(whole, moment) for moment in sorted(moments))
        assert early.open == late.open == whole.open
        assert whole.low <= late.low <= early.low <= early.close <= early.high
        assert early.high <= late.high <= whole.high
        assert early.volume <= late.volume <= whole.volume

    def test_begins_at_the_open_and_ends_as_the_candle(self) -> None:
        whole = Candle(100, 110, 95, 105, 7)
        assert forming(whole, 0) == Candle(100, 100, 100, 100, 0)
        assert forming(whole, 1) == whole

    def test_last_row_forms_and_the_others_stand(self) -> None:
        source = SyntheticCandles()
        start, now = datetime(2024, 5, 1, tzinfo=UTC), datetime(2024, 5, 2, 10, 30, tzinfo=UTC)
        rows = source.candles("BTC/USD", "1h", start, now, now)
        final = source.candles("BTC/USD", "1h", start, now, now + timedelta(hours=1))
        pd.testing.assert_frame_equal(rows.iloc[:-1], final.iloc[:-1])
        assert rows["date"].iloc[-1] == datetime(2024, 5, 2, 10, tzinfo=UTC)
        assert rows["volume"].iloc[-1] == pytest.approx(final["volume"].iloc[-1] / 2)
        assert source.last_price("BTC/USD", now) == rows["close"].iloc[-1]


class TestLongerTimeframes:
    """4-hour and daily candles are their hours put together."""

    def test_daily(self) -> None:
        source = SyntheticCandles()
        day = datetime(2024, 5, 1, tzinfo=UTC)
        end = day + timedelta(days=1)
        hours = source.candles("SOL/USD", "1h", day, end, end)
        daily = source.candles("SOL/USD", "1d", day, end, end)
        assert len(daily) == 1
        assert daily["open"].iloc[0] == hours["open"].iloc[0]
        assert daily["high"].iloc[0] == hours["high"].max()
        assert daily["low"].iloc[0] == hours["low"].min()
        assert daily["close"].iloc[0] == hours["close"].iloc[-1]
        assert daily["volume"].iloc[0] == pytest.approx(hours["volume"].sum())

    def test_openings_are_anchored_at_midnight_utc(self) -> None:
        start = datetime(2024, 5, 1, 3, tzinfo=UTC)
        end = start + timedelta(days=1)
        rows = SyntheticCandles().candles("SOL/USD", "4h", start, end, end)
        assert list(rows["date"].dt.hour) == [4, 8, 12, 16, 20, 0]

    @pytest.mark.parametrize("timeframe", ["15m", "1x", "", 90, 0])
    def test_only_whole_hours(self, timeframe: str | int) -> None:
        with pytest.raises(UnknownTimeframe):
            SyntheticCandles().candles("SOL/USD", timeframe, EPOCH, EPOCH + YEAR, EPOCH + YEAR)


class TestFiles:
    """freqtrade's files: written, read back, kept apart from real ones."""

    def test_round_trip_and_shift(self, tmp_path) -> None:
        end = EPOCH + timedelta(days=4)
        assert write_synthetic_candles(tmp_path, EPOCH, end) == ("BTC/USD", "ETH/USD", "SOL/USD")
        assert (tmp_path / "BTC_USD-1d.feather").is_file()
        assert (tmp_path / MARKER).is_file()
        expected = synthetic_candles("BTC", EPOCH, end)
        as_is = FileCandles(tmp_path)
        pd.testing.assert_frame_equal(as_is.hours("BTC", EPOCH, end), expected)
        assert as_is.span == timedelta(hours=95)
        # After the end of the file the last price stands.
        assert as_is.last_price("BTC/USD", end + timedelta(days=2)) == expected["close"].iloc[-1]

        now = datetime(2026, 3, 1, 12, 40, 7, 123456, tzinfo=UTC)
        shifted = FileCandles(tmp_path, last=now)
        rows = shifted.candles("BTC/USD", "1h", now - timedelta(hours=2), now, now)
        assert rows["date"].iloc[-1] == now.replace(minute=0, second=0, microsecond=0)
        assert rows["open"].iloc[-1] == expected["open"].iloc[-1]

    def test_real_candles_stay_unmixed(self, tmp_path) -> None:
        (tmp_path / "BTC_USD-1h.feather").write_bytes(b"real")
        with pytest.raises(RealCandles, match="--datadir"):
            write_synthetic_candles(tmp_path, EPOCH, EPOCH + timedelta(days=1))
        assert (tmp_path / "BTC_USD-1h.feather").read_bytes() == b"real"

    def test_empty_directory(self, tmp_path) -> None:
        with pytest.raises(NoCandles, match=r"BTC_USD-1h\.feather"):
            FileCandles(tmp_path)
