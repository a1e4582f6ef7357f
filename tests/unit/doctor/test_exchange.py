"""The exchange, its clock, balances, the stop, candles."""

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ccxt
import pytest

from nija_plugins.doctor import CHECKS, Context, Level, examine, network
from nija_plugins.doctor.network import NoAnswer, exchange_time
from nija_plugins.venue.market.files import write_synthetic_candles
from nija_plugins.venue.market.marker import MARKER
from tests.unit.doctor.looking import CONFIG, KEY, NOW, SECRET, Look, only, silent, told


def test_an_exchange_that_answers(look: Look) -> None:
    assert "coinbase answers" in only(look("exchange"), Level.OK)


def test_an_exchange_out_of_reach(look: Look) -> None:
    assert "No network: nija offline" in only(look("exchange", ask_time=silent()), Level.FAILED)
    assert "did not answer" in only(look("clock", ask_time=silent()), Level.WARNING)
    refusing = look("exchange", ask_time=silent(offline=False))
    assert "exchange.name" in only(refusing, Level.FAILED)


def test_the_exchange_is_asked_once() -> None:
    asked = []

    def ask(exchange: Mapping[str, Any]) -> datetime:
        asked.append(exchange["name"])
        return NOW

    context = Context(load=lambda: CONFIG, environ={}, clock=lambda: NOW, ask_time=ask)
    examine(context, {name: CHECKS[name] for name in ("exchange", "clock")})
    assert asked == ["coinbase"]


@pytest.mark.parametrize(
    ("ahead", "level"),
    [
        (0.0, Level.OK),
        (0.9, Level.OK),
        (-0.9, Level.OK),
        (2.0, Level.WARNING),
        (-2.0, Level.WARNING),
        (5.4, Level.FAILED),
        (-3600.0, Level.FAILED),
    ],
)
def test_a_clock_that_is_off(look: Look, ahead: float, level: Level) -> None:
    exchange = told(NOW - timedelta(seconds=round(ahead)))
    off = NOW + timedelta(seconds=ahead - round(ahead))
    text = only(look("clock", ask_time=exchange, clock=lambda: off), level)
    if level is not Level.OK:
        assert ("ahead of" if ahead > 0 else "behind") in text
        assert "NTP" in text


def test_a_slow_connection_is_no_wrong_clock(look: Look) -> None:
    readings = iter([NOW, NOW + timedelta(seconds=4)])
    only(look("clock", clock=lambda: next(readings)), Level.OK)


def test_an_exchange_without_a_clock(look: Look) -> None:
    assert "tells no time" in only(look("clock", ask_time=lambda _: None), Level.OK)


def test_no_key_is_sent_and_errors_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []
    error: Exception | None = None

    class Coinbase:
        has: Mapping[str, bool] = {"fetchTime": True}
        session = SimpleNamespace(close=lambda: None)

        def __init__(self, options: dict[str, Any]) -> None:
            seen.append(options)

        def fetch_time(self) -> int:
            if error:
                raise error
            return 1_795_356_000_000

    monkeypatch.setattr(ccxt, "coinbase", Coinbase)
    section = {
        "name": "coinbase",
        "key": KEY,
        "secret": SECRET,
        "ccxt_config": {"apiKey": KEY, "urls": {"api": {"rest": "http://127.0.0.1:1"}}},
    }
    assert exchange_time(section) == datetime.fromtimestamp(1_795_356_000, UTC)
    assert KEY not in repr(seen)
    assert seen[0]["urls"] == {"api": {"rest": "http://127.0.0.1:1"}}
    assert seen[0]["timeout"] == network.TIMEOUT * 1000
    for raised, offline in ((ccxt.RequestTimeout("slow"), True), (ccxt.ExchangeError("no"), False)):
        error = raised
        with pytest.raises(NoAnswer) as caught:
            exchange_time(section)
        assert caught.value.offline is offline
    with pytest.raises(NoAnswer, match="nobodys"):
        exchange_time({"name": "nobodys"})


@pytest.mark.parametrize(
    ("changes", "level", "text"),
    [
        ({}, Level.OK, "starts at $15.00"),
        ({"dry_run_wallet": 15}, Level.OK, "$15.00"),
        ({"dry_run_wallet": 14.99}, Level.FAILED, 'Set "dry_run_wallet" to 15'),
        ({"dry_run_wallet": {"USD": 20}}, Level.OK, "$20.00"),
        ({"dry_run_wallet": {"EUR": 20}}, Level.FAILED, "$0.00"),
        ({"exchange.name": "kraken", "dry_run_wallet": 40}, Level.FAILED, "50"),
        ({"exchange.name": "kraken"}, Level.OK, "$50.00"),
        ({"nija": {"min_balance_to_trade": 1}, "dry_run_wallet": 12}, Level.FAILED, "15"),
        ({"dry_run": False, "dry_run_wallet": 1}, Level.OK, "starts at $15.00"),
    ],
)
def test_minimum_balances(look: Look, changes: dict[str, Any], level: Level, text: str) -> None:
    assert text in only(look("balance", changes), level)


def test_who_holds_the_stop(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    on_exchange = False
    strategy = property(
        lambda _: SimpleNamespace(order_types={"stoploss_on_exchange": on_exchange})
    )
    monkeypatch.setattr(Context, "strategy", strategy)
    assert "only while the bot runs" in only(look("stoploss"), Level.OK)
    live = {"dry_run": False}
    assert "only while the bot runs" in only(look("stoploss", live), Level.WARNING)
    kraken = {"exchange.name": "kraken"}
    assert "live it rests on kraken" in only(look("stoploss", kraken), Level.OK)
    chosen = kraken | live | {"order_types": {"stoploss_on_exchange": False}}
    assert "it is switched off" in only(look("stoploss", chosen), Level.WARNING)
    on_exchange = True
    assert "will not start" in only(look("stoploss", live), Level.FAILED)
    assert "order on kraken" in only(look("stoploss", kraken), Level.OK)


def test_no_candles_yet(look: Look) -> None:
    text = only(look("candles"), Level.WARNING)
    assert "BTC/USD: 1h none; 1d none" in text
    assert "freqtrade download-data --timeframes 1h 1d --days 900" in text
    files = (Path("user_data/config.json"), Path("config.kraken.json"))
    text = only(look("candles", {"exchange.name": "kraken"}, files=files), Level.WARNING)
    assert "--dl-trades -c user_data/config.json -c config.kraken.json" in text


@pytest.fixture
def candles(tmp_path: Path) -> Path:
    datadir = tmp_path / "user_data" / "data" / "coinbase"
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    write_synthetic_candles(datadir, midnight - timedelta(days=40), midnight)
    (datadir / MARKER).unlink()
    return datadir


def test_candles_with_dates_count_and_age(look: Look, candles: Path) -> None:
    unfiltered = {"nija.ai_trade_filter": False}
    text = only(look("candles", unfiltered), Level.OK)
    assert "1h 960 from 2026-10-13 to 2026-11-21, 14 h old" in text
    assert "1d 40 from 2026-10-13 to 2026-11-21, 14 h old" in text
    later = look("candles", unfiltered, clock=lambda: NOW + timedelta(days=60))
    assert "61 days old" in only(later, Level.WARNING)
    (candles / "BTC_USD-1d.feather").unlink()
    assert "1d none" in only(look("candles"), Level.WARNING)


def test_candles_that_the_filter_cannot_learn_from(look: Look, tmp_path: Path) -> None:
    datadir = tmp_path / "user_data" / "data" / "coinbase"
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    for first, level in ((300, Level.WARNING), (500, Level.OK)):
        write_synthetic_candles(datadir, midnight - timedelta(days=first), midnight)
        (datadir / MARKER).unlink()
        text = only(look("candles"), level)
        assert ("The AI filter needs them from 2025-10-08 on" in text) is (level is Level.WARNING)
        for without in (
            {"nija.ai_trade_filter": False},
            {"nija.mode": "MASTER_FOLLOW"},
            {"nija.plugins": {"disable": ["trade_filter.filter"]}},
        ):
            only(look("candles", without), Level.OK)
        shutil.rmtree(datadir)


def test_candles_that_are_damaged_or_never_happened(look: Look, candles: Path) -> None:
    (candles / MARKER).touch()
    _, finding = look("candles")
    assert finding.level is Level.WARNING
    assert "synthetic" in finding.text
    (candles / MARKER).unlink()
    (candles / "BTC_USD-1h.feather").write_bytes(b"ARROW1 and then nothing")
    assert "BTC_USD-1h.feather is damaged" in only(look("candles"), Level.FAILED)


def test_no_pairs_and_patterns(look: Look) -> None:
    assert "empty" in only(look("candles", {"exchange.pair_whitelist": []}), Level.FAILED)
    pattern = look("candles", {"exchange.pair_whitelist": [".*/USD"]})
    assert "pattern" in only(pattern, Level.WARNING)
