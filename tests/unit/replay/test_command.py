"""`nija replay`: its exit code says whether all of the time was replayed."""

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import Result
from typer.testing import CliRunner

from nija_plugins.cli import app, replay
from nija_plugins.replay.compare import Pairing, Verdict
from nija_plugins.replay.deals import Deal
from tests.conftest import ROOT

WEEK = ("replay", "--from", "2024-01-01", "--to", "2024-01-08")


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def run(folder: Path, *more: str) -> Result:
    """One week, in a folder of its own: tests beside this one replay too."""
    return CliRunner().invoke(app, [*WEEK, "--folder", str(folder), *more])


@pytest.mark.parametrize(("day", "code"), [(5, 130), (8, 0)])
def test_interrupted_it_compares_and_ends_with_130(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, day: int, code: int
) -> None:
    reached = SimpleNamespace(reached=datetime(2024, 1, day, tzinfo=UTC))
    found = SimpleNamespace(replayed=reached, pairings=(), speed=1.0)
    monkeypatch.setattr(replay, "rehearse", lambda *_: found)
    told = run(tmp_path / "house", "--json")
    assert told.exit_code == code, told.output
    assert json.loads(told.stdout)["reached"].startswith(f"2024-01-0{day}")


def test_nothing_entered_is_no_agreement_in_percent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = SimpleNamespace(reached=datetime(2024, 1, 8, tzinfo=UTC))
    house = SimpleNamespace(log="replay.log")
    found = SimpleNamespace(replayed=reached, pairings=(), speed=1.0, house=house)
    monkeypatch.setattr(replay, "rehearse", lambda *_: found)
    told = run(tmp_path / "house")
    assert "neither backtest nor replay entered anything" in " ".join(told.stdout.split())
    assert "%" not in told.stdout


def test_two_replays_never_share_a_folder(tmp_path: Path) -> None:
    with replay._alone_in(tmp_path / "house"):
        told = run(tmp_path / "house")
    assert told.exit_code == 2
    assert "Another replay runs in" in told.output


@pytest.mark.parametrize("wallet", ["-5", "0"])
def test_nobody_trades_less_than_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wallet: str
) -> None:
    monkeypatch.setattr(replay, "rehearse", lambda *_: pytest.fail("it was replayed"))
    told = run(tmp_path / "house", "--wallet", wallet)
    assert told.exit_code == 2
    assert "--wallet" in told.output


def test_every_time_is_written_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hour = datetime(2024, 1, 8, tzinfo=UTC)
    deal = Deal("BTC/USD", hour, 1.0, 100.0, 0.004, None, None, 0.004, 0.0, None)
    pairing = Pairing(Verdict.EXTRA, None, deal, {})
    found = SimpleNamespace(
        replayed=SimpleNamespace(reached=hour), pairings=(pairing,), speed=1.0, house=None
    )
    monkeypatch.setattr(replay, "rehearse", lambda *_: found)
    told = run(tmp_path / "house", "--json")
    facts = json.loads(told.stdout)
    assert facts["trades"][0]["replay"]["opened"] == facts["reached"] == "2024-01-08T00:00:00+00:00"


def test_no_folder_is_replaced_that_holds_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = SimpleNamespace(
        replayed=SimpleNamespace(reached=datetime(2024, 1, 8, tzinfo=UTC)), pairings=(), speed=1.0
    )
    monkeypatch.setattr(replay, "rehearse", lambda *_: found)

    def code(folder: Path) -> int:
        return run(folder, "--json").exit_code

    (tmp_path / "mine").write_text("of value")
    assert code(tmp_path) == 2
    assert code(tmp_path / "mine") == 2
    assert code(tmp_path / "new") == 0
    (tmp_path / "empty").mkdir()
    assert code(tmp_path / "empty") == 0
    (tmp_path / "replay.log").touch()  # an earlier replay
    assert code(tmp_path) == 0
