"""`nija replay`: its exit code says whether all of the time was replayed."""

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from nija_plugins.cli import app, replay
from tests.conftest import ROOT


@pytest.mark.parametrize(("day", "code"), [(5, 130), (8, 0)])
def test_interrupted_it_compares_and_ends_with_130(
    monkeypatch: pytest.MonkeyPatch, day: int, code: int
) -> None:
    reached = SimpleNamespace(reached=datetime(2024, 1, day, tzinfo=UTC))
    found = SimpleNamespace(replayed=reached, pairings=(), speed=1.0)
    monkeypatch.setattr(replay, "rehearse", lambda *_: found)
    monkeypatch.chdir(ROOT)
    told = CliRunner().invoke(
        app, ["replay", "--from", "2024-01-01", "--to", "2024-01-08", "--json"]
    )
    assert told.exit_code == code, told.output
    assert json.loads(told.stdout)["reached"].startswith(f"2024-01-0{day}")


def test_nothing_entered_is_no_agreement_in_percent(monkeypatch: pytest.MonkeyPatch) -> None:
    reached = SimpleNamespace(reached=datetime(2024, 1, 8, tzinfo=UTC))
    house = SimpleNamespace(log="replay.log")
    found = SimpleNamespace(replayed=reached, pairings=(), speed=1.0, house=house)
    monkeypatch.setattr(replay, "rehearse", lambda *_: found)
    monkeypatch.chdir(ROOT)
    told = CliRunner().invoke(app, ["replay", "--from", "2024-01-01", "--to", "2024-01-08"])
    assert "neither backtest nor replay entered anything" in " ".join(told.stdout.split())
    assert "%" not in told.stdout


def test_two_replays_never_share_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    folder = ["--folder", str(tmp_path / "house")]
    with replay._alone_in(tmp_path / "house"):
        told = CliRunner().invoke(
            app, ["replay", "--from", "2024-01-01", "--to", "2024-01-08", *folder]
        )
    assert told.exit_code == 2
    assert "Another replay runs in" in told.output
