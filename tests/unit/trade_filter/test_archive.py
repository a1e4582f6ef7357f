"""What a running bot keeps on disk, and what it must never write there."""

from pathlib import Path

import pandas as pd
import pytest
from filelock import FileLock
from freqtrade.enums import RunMode

from nija_plugins.candles import archive as module
from nija_plugins.candles.archive import LOCK, Archive
from tests.unit.trade_filter.conftest import archive, stored

PAIR = "BTC/USD"
HOUR = pd.Timedelta(hours=1)


def bot(folder: Path) -> Archive:
    return archive(folder, RunMode.DRY_RUN)


def later(folder: Path, hours: int, gap: int = 0) -> pd.DataFrame:
    """The last 700 stored candles and `hours` more; only those after the `gap` if there is one."""
    known = stored(folder)
    dates = [known["date"].iloc[-1] + HOUR * (1 + i) for i in range(gap + hours)]
    more = pd.concat([known.tail(1)] * len(dates), ignore_index=True).assign(date=dates)
    if gap:
        return more.iloc[gap:].reset_index(drop=True)
    return pd.concat([known.tail(700), more], ignore_index=True)


def test_new_candles_are_added(datadir: Path) -> None:
    seen = later(datadir, hours=3)
    bot(datadir).add(PAIR, seen)
    assert stored(datadir)["date"].iloc[-1] == seen["date"].iloc[-1]
    assert sorted(path.name for path in datadir.iterdir() if path.name.startswith(".")) == [LOCK]


def test_an_unfinished_last_candle_is_replaced(datadir: Path) -> None:
    """download-data stores the candle that is still forming."""
    seen = later(datadir, hours=1)
    seen.loc[699, "close"] *= 1.5
    bot(datadir).add(PAIR, seen)
    assert stored(datadir)["close"].iloc[-2] == seen["close"].iloc[699]


def test_a_backtest_writes_nothing(datadir: Path) -> None:
    before = stored(datadir)
    archive(datadir).add(PAIR, later(datadir, hours=3))
    assert stored(datadir).equals(before)


def test_after_a_hole_nothing_is_added(datadir: Path, caplog: pytest.LogCaptureFixture) -> None:
    """download-data goes on at a file's end: it can still fill the hole."""
    before = stored(datadir)
    seen = later(datadir, hours=100, gap=50)
    running = bot(datadir)
    running.add(PAIR, seen)
    running.add(PAIR, seen)
    assert stored(datadir).equals(before)
    (said,) = [one for one in caplog.messages if "are missing" in one]
    assert "2023-06-01 00:00 to 2023-06-03 02:00 UTC" in said
    known = running.before(PAIR, seen["date"].iloc[-1] + HOUR)
    assert known["date"].diff().dropna().eq(HOUR).all()
    assert (known["volume"].tail(150) == 0).sum() == 50


def test_candles_of_another_market_are_neither_used_nor_added_to(
    datadir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = stored(datadir)
    seen = later(datadir, hours=3)
    seen[["open", "high", "low", "close"]] *= 2
    running = bot(datadir)
    running.add(PAIR, seen)
    assert stored(datadir).equals(before)
    assert "not of the market" in caplog.text
    assert len(running.before(PAIR, seen["date"].iloc[-1] + HOUR)) == len(seen)


def test_no_file_is_begun(tmp_path: Path, datadir: Path) -> None:
    """It would begin 30 days ago, and download-data would never fetch what lies before."""
    empty = tmp_path / "empty"
    empty.mkdir()
    running = bot(empty)
    running.add(PAIR, later(datadir, hours=3))
    assert not list(empty.glob("*.feather"))
    assert len(running.before(PAIR, pd.Timestamp("2030-01-01", tz="UTC"))) == 703


def test_a_damaged_file_is_named_and_left_alone(
    datadir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    seen = later(datadir, hours=3)
    (datadir / "BTC_USD-1h.feather").write_bytes(b"no candles")
    running = bot(datadir)
    running.add(PAIR, seen)
    assert "Error loading data" in caplog.text, "freqtrade names it"
    assert (datadir / "BTC_USD-1h.feather").read_bytes() == b"no candles"
    assert len(running.before(PAIR, seen["date"].iloc[-1] + HOUR)) == len(seen)


def test_two_bots_take_turns(
    datadir: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who cannot write goes on from memory, and catches up with the next candle."""
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    running = bot(datadir)
    running.add(PAIR, later(datadir, hours=1))
    before = stored(datadir)
    seen = later(datadir, hours=24)
    with FileLock(datadir / LOCK):
        running.add(PAIR, seen)
    assert stored(datadir).equals(before)
    assert "not kept on disk" in caplog.text
    assert (
        running.before(PAIR, seen["date"].iloc[-1] + HOUR)["date"].iloc[-1]
        == (seen["date"].iloc[-1])
    )
    running.add(PAIR, seen)
    assert len(stored(datadir)) == len(before) + 24


def test_a_file_is_written_once_a_day_and_nothing_is_missing_meanwhile(datadir: Path) -> None:
    running = bot(datadir)
    running.add(PAIR, later(datadir, hours=1))
    before = stored(datadir)
    for hours in (1, 2, 23):
        seen = later(datadir, hours=hours)
        running.add(PAIR, seen)
        known = running.before(PAIR, seen["date"].iloc[-1] + HOUR)
        assert known["date"].iloc[-1] == seen["date"].iloc[-1]
        assert known["date"].diff().dropna().eq(HOUR).all()
    assert stored(datadir).equals(before)
    running.add(PAIR, later(datadir, hours=24))
    assert len(stored(datadir)) == len(before) + 24


def test_what_somebody_else_stores_is_known_with_the_next_candle(datadir: Path) -> None:
    """A person runs download-data while the bot runs."""
    path = datadir / "BTC_USD-1h.feather"
    whole = stored(datadir)
    seen = later(datadir, hours=1)
    whole.tail(2000).reset_index(drop=True).to_feather(path)
    running = bot(datadir)
    running.add(PAIR, seen)
    assert len(running.before(PAIR, seen["date"].iloc[-1])) == 2000
    whole.to_feather(path)
    running.add(PAIR, later(datadir, hours=2))
    assert len(running.before(PAIR, seen["date"].iloc[-1])) == len(whole)


def test_the_past_is_one_object_until_it_changes(datadir: Path) -> None:
    """What is learned from it is worked out once, and must be worked out anew when it changes."""
    moment = pd.Timestamp("2023-03-01", tz="UTC")
    running = bot(datadir)
    running.add(PAIR, later(datadir, hours=1))
    past = running.before(PAIR, moment)
    running.add(PAIR, later(datadir, hours=2))
    assert running.before(PAIR, moment) is past
    changed = stored(datadir)
    changed.loc[1000, "close"] *= 1.001
    changed.to_feather(datadir / "BTC_USD-1h.feather")
    running.add(PAIR, later(datadir, hours=3))
    assert running.before(PAIR, moment)["close"].iloc[1000] == changed["close"].iloc[1000]


def test_the_fingerprint_changes_with_the_candles(datadir: Path) -> None:
    before = archive(datadir).contents((PAIR,))
    assert archive(datadir).contents((PAIR,)) == before
    stored(datadir).head(1000).to_feather(datadir / "BTC_USD-1h.feather")
    assert archive(datadir).contents((PAIR,)) != before
