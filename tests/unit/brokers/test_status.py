"""`nija status` and `nija forget` on a portfolio's ledger."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nija_plugins.account import Benchmarks
from nija_plugins.brokers.database import LEDGER_FILE, ledger_url
from nija_plugins.brokers.ledger import Ledger
from nija_plugins.brokers.portfolio import Member, Position, Reservation, View
from nija_plugins.cli import app
from nija_plugins.cli.portfolio import together
from nija_plugins.memory import Memory, Snapshot

NOW = datetime.now(UTC)
COINBASE = Member(
    "coinbase dry_run tradesv3.dryrun", "coinbase", NOW, 300.0, 290.0, 240.0,
    (Position("BTC/USD", 60.0, 61.0),), tier="ADVANCED",
)  # fmt: skip
KRAKEN = Member("kraken dry_run own", "kraken", NOW - timedelta(hours=2), 250.0, 250.0, 250.0)
MARKS = Benchmarks(NOW.date(), 550.0, 560.0)


def nija(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "220"})
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return " ".join(result.output.split())


@pytest.fixture
def ledger(house: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    monkeypatch.chdir(house)
    found = Ledger(ledger_url(None, house / "user_data"), "dry_run USD")
    # The suite may run for longer than a bot without a sign of life counts as alive.
    found.publish(replace(COINBASE, time=datetime.now(UTC)), lambda view: MARKS)
    found.publish(KRAKEN, lambda view: None)
    wanted = Reservation(COINBASE.account, "coinbase", "ETH/USD", 50.0, 50.6, 3.0, NOW, True)
    found.reserve(wanted, lambda view: None)
    return found


def test_one_page_for_all_brokers(ledger: Ledger) -> None:
    said = nija("status")
    assert "Portfolio: $550.00, 2 positions" in said
    assert "BTC/USD $60.00" in said
    assert "Reserved: ETH/USD on coinbase, $50.00 (its order was sent)." in said
    assert 'nija forget "kraken dry_run own"' in said
    assert "2 h ago" in said


def test_for_scripts(ledger: Ledger) -> None:
    told = json.loads(nija("status", "--json"))["portfolio"]
    assert told["equity"] == 550
    assert told["positions"] == 2
    assert [one["alive"] for one in told["brokers"]] == [True, False]
    assert told["brokers"][0]["positions"] == [{"pair": "BTC/USD", "value": 60.0, "cost": 61.0}]
    assert told["problem"] is None


def test_before_any_bot_ran_no_file_is_made(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(house)
    assert "Portfolio" not in nija("status")
    assert not (house / "user_data" / LEDGER_FILE).exists()


def test_a_ledger_that_cannot_be_read_is_said_beside_the_rest(ledger: Ledger) -> None:
    path = Path(str(ledger.url.database))
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()
    path.mkdir()
    said = nija("status")
    assert "The portfolio's ledger" in said and "cannot be used" in said
    assert "max_position_pct" in said


def test_the_limits_are_measured_on_the_sums() -> None:
    memory = Memory(benchmarks=Benchmarks(NOW.date(), 300.0, 305.0))
    snapshot = Snapshot(NOW, 550.0, 540.0, 240.0, 1, 0)
    view = View((COINBASE, KRAKEN), (), MARKS)
    shared, summed = together(view, memory, snapshot)
    assert shared.benchmarks == MARKS
    assert summed is not None
    assert (summed.equity, summed.worst_case, summed.free_cash) == (550, 540, 490)
    assert together(View((COINBASE,), (), MARKS), memory, snapshot) == (memory, snapshot)


def test_forget(ledger: Ledger) -> None:
    said = nija("forget", COINBASE.account, code=2)
    assert "is alive: stop it first" in said
    said = nija("forget", "nobody", code=2)
    assert 'is not in user_data/nija_portfolio.sqlite; in it: "coinbase dry_run tradesv3.' in said
    assert "is forgotten: $250.00 count no longer." in nija("forget", KRAKEN.account)
    left = ledger.view()
    assert [one.account for one in left.members] == [COINBASE.account]
    assert left.marks is not None and left.marks.day_open == pytest.approx(300.0)
    assert replace(left.members[0], time=NOW) == COINBASE


def test_forget_tells_scripts_whose_money_counts_no_longer(ledger: Ledger) -> None:
    told = json.loads(nija("forget", KRAKEN.account, "--json"))
    assert told == {"forgotten": {"account": KRAKEN.account, "broker": "kraken", "equity": 250.0}}
