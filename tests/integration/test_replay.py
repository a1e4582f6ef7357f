"""`nija replay`: the real bot over painted candles, beside freqtrade's backtest of the same.

Exits are the time stop's alone, entries a scripted plugin's; what differs between the two is then
a fault of one of them.
"""

import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nija_plugins.brokers.database import LEDGER_FILE
from nija_plugins.cli.configuration import load
from nija_plugins.replay.compare import Cause, Verdict, dollars_by_cause, entries_shared
from nija_plugins.replay.run import Plan, Rehearsal, rehearse
from nija_plugins.settings import environment_name
from nija_plugins.venue.market.candles import SyntheticCandles
from tests.integration.live import SESSIONS, script
from tests.integration.painted_market import START, PaintedMarket

# freqtrade's database is one per process.
pytestmark = pytest.mark.xdist_group("live")

BTC, ETH, SOL = "BTC/USD", "ETH/USD", "SOL/USD"
HOURS = 27


@pytest.fixture
def market() -> PaintedMarket:
    market = PaintedMarket()
    market.paint("BTC", 5, [1.01, 1.02, 1.015, 1.03, 1.01])
    market.paint("ETH", 9, [0.99, 0.98, 1.01, 1.02, 1.04])
    return market


@pytest.fixture
def config(house: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The shipped configuration on Kraken, two pairs, and a time stop of five hours."""
    for name in [n for n in os.environ if n.startswith("FREQTRADE__")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv(environment_name("ai_trade_filter"), "false")
    strategy = house / "user_data/strategies/NijaMicro.py"
    source = strategy.read_text()
    strategy.write_text(re.sub(r"timedelta\(days=30\)", "timedelta(hours=5)", source))
    plugin = script({BTC: [4, 20], ETH: [8]}, stop=0.20, trail=0.25)
    (house / "user_data/plugins/script.py").write_text(plugin)
    loaded = load([house / "user_data/config.json"])
    loaded["exchange"] |= {"name": "kraken", "pair_whitelist": [BTC, ETH]}
    for owner in SESSIONS:
        monkeypatch.setattr(owner, "session", None, raising=False)
    yield loaded


def rehearsed(
    market: PaintedMarket, config: dict[str, Any], folder: Path, **plan: Any
) -> Rehearsal:
    passed = plan.pop("passed", lambda _: None)
    return rehearse(
        Plan(market, START, START + timedelta(hours=HOURS), **{"iterations": 1} | plan),
        config,
        folder,
        passed,
    )


@pytest.mark.parametrize("named_in", ["configuration", "environment"])
@pytest.mark.parametrize("live", [False, True])
def test_the_ledger_of_the_real_bots_is_left_alone(
    market: PaintedMarket,
    config: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    named_in: str,
    live: bool,
) -> None:
    """Its bot would join them, with money that is not there and the day of its candles."""
    ledger = tmp_path / "real.sqlite"
    if named_in == "environment":
        monkeypatch.setenv(environment_name("portfolio_url"), f"sqlite:///{ledger}")
    else:
        config["nija"]["portfolio_url"] = f"sqlite:///{ledger}"
    plan = Plan(market, START, START + timedelta(hours=2), iterations=1, live=live)
    rehearse(plan, config, tmp_path / "replay")
    assert not ledger.exists()
    assert (tmp_path / "replay/user_data" / LEDGER_FILE).is_file()


def test_signal_only_exits_are_the_backtests(
    market: PaintedMarket, config: dict[str, Any], tmp_path: Path
) -> None:
    found = rehearsed(market, config, tmp_path / "replay", spread=False)
    assert [one.verdict for one in found.pairings] == [Verdict.MATCHED] * 3
    for one in found.pairings:
        assert one.replay is not None and one.replay.reason == "nija_time_stop"
    assert dollars_by_cause(found.pairings) == {}
    assert entries_shared(found.pairings) == 1.0
    assert not list((tmp_path / "house/user_data").glob("*.sqlite*")), "the user's files are not"


def test_a_signal_in_the_very_first_hour_is_the_backtests_too(
    market: PaintedMarket, config: dict[str, Any], tmp_path: Path
) -> None:
    """freqtrade's backtesting enters nothing in the first candle of its time range."""
    plugin = script({BTC: [0], ETH: [8]}, stop=0.20, trail=0.25)
    (config["user_data_dir"] / "plugins/script.py").write_text(plugin)
    found = rehearsed(market, config, tmp_path / "replay", spread=False)
    assert [one.verdict for one in found.pairings] == [Verdict.MATCHED] * 2


@pytest.mark.parametrize("exchange", ["kraken", "coinbase"])
def test_live_the_books_agree_to_the_cent(
    market: PaintedMarket, config: dict[str, Any], tmp_path: Path, exchange: str
) -> None:
    config["exchange"]["name"] = exchange
    found = rehearsed(market, config, tmp_path / "replay", live=True)
    assert found.books is not None
    assert not found.books.open_orders
    earned = sum(deal.profit for deal in found.replayed.deals)
    assert float(found.books.total("USD")) == pytest.approx(100 + earned, abs=0.005)
    assert [one.verdict for one in found.pairings] == [Verdict.MOVED] * 3
    assert dollars_by_cause(found.pairings).keys() <= {Cause.SPREAD, Cause.FEES, Cause.SIZE}


def test_stops_seen_twelve_times_an_hour(
    market: PaintedMarket, config: dict[str, Any], tmp_path: Path
) -> None:
    """The entries are the backtest's; a stop sells at the price the bot sees, and every dollar
    between the two has a cause."""
    plugin = script({BTC: [4, 20], ETH: [8]}, stop=0.015, trail=0.25)
    (config["user_data_dir"] / "plugins/script.py").write_text(plugin)
    found = rehearsed(market, config, tmp_path / "replay", iterations=12)
    assert entries_shared(found.pairings) == 1.0
    assert [one.verdict for one in found.pairings] == [Verdict.MOVED] * 3
    (stopped,) = [one for one in found.pairings if one.replay and one.replay.pair == ETH]
    assert stopped.backtest is not None and stopped.replay is not None
    assert stopped.replay.reason == stopped.backtest.reason == "stop_loss"
    assert Cause.STOPS in stopped.dollars
    every_dollar_has_a_cause(found)


@pytest.mark.slow
@pytest.mark.parametrize("exchange", ["kraken", "coinbase"])
@pytest.mark.parametrize("live", [False, True])
def test_days_of_stops_and_trails(
    config: dict[str, Any], tmp_path: Path, exchange: str, live: bool
) -> None:
    """The synthetic market, twelve looks an hour, two signals a day and pair: the entries are the
    backtest's, and live the exchange's books agree with the bot's to the cent."""
    days = range(3)
    hours = {BTC: (4, 16), ETH: (8, 20), SOL: (12, 24)}
    entries = {pair: [day * 24 + hour for day in days for hour in hours[pair]] for pair in hours}
    plugin = script(entries, stop=0.012, trail=0.015)
    (config["user_data_dir"] / "plugins/script.py").write_text(plugin)
    config["exchange"] |= {"name": exchange, "pair_whitelist": list(hours)}
    config["dry_run_wallet"] = 1_000
    config["nija"]["max_consecutive_losses"] = 1_000
    end = START + timedelta(hours=24 * len(days) + 8)
    plan = Plan(SyntheticCandles(), START, end, iterations=12, live=live)
    found = rehearse(plan, config, tmp_path / "replay")
    assert len(found.pairings) == sum(map(len, entries.values()))
    assert entries_shared(found.pairings) >= 0.99
    reasons = {one.replay.reason for one in found.pairings if one.replay}
    assert len(reasons) > 1, "stops, trails and the time stop"
    every_dollar_has_a_cause(found)
    if live:
        assert found.books is not None
        assert not found.books.open_orders
        earned = sum(deal.profit for deal in found.replayed.deals)
        assert float(found.books.total("USD")) == pytest.approx(1_000 + earned, abs=0.005)


def every_dollar_has_a_cause(found: Rehearsal) -> None:
    for one in found.pairings:
        assert one.backtest is not None and one.replay is not None
        between = one.replay.profit - one.backtest.profit
        assert sum(one.dollars.values()) == pytest.approx(between, abs=1e-9)


def test_nothing_leads_out_of_the_house(
    market: PaintedMarket,
    config: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither the user's keys and database, nor variables that name them."""
    secret, database = "a-real-secret", tmp_path / "real.sqlite"
    monkeypatch.setenv("FREQTRADE__EXCHANGE__SECRET", secret)
    monkeypatch.setenv("FREQTRADE__DB_URL", f"sqlite:///{database}")
    monkeypatch.setenv("FREQTRADE__DRY_RUN", "false")
    config["exchange"] |= {"key": secret, "secret": secret, "password": secret}
    config |= {"db_url": f"sqlite:///{database}", "telegram": {"enabled": True, "token": secret}}

    def interrupt(_: datetime) -> None:
        raise KeyboardInterrupt

    rehearsed(market, config, tmp_path / "replay", passed=interrupt)
    assert not database.exists()
    for file in (tmp_path / "replay").rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes(), file
    assert os.environ["FREQTRADE__DRY_RUN"] == "false", "put back"


def test_ctrl_c_compares_what_was_replayed(
    market: PaintedMarket, config: dict[str, Any], tmp_path: Path
) -> None:
    def interrupt(hour: datetime) -> None:
        if hour == START + timedelta(hours=12):
            raise KeyboardInterrupt

    found = rehearsed(market, config, tmp_path / "replay", spread=False, passed=interrupt)
    assert found.replayed.reached == START + timedelta(hours=12)
    assert [one.verdict for one in found.pairings] == [Verdict.MATCHED] * 2
