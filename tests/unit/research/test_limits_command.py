"""`nija limits` about measurements that are there already."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from nija_plugins.cli import app
from nija_plugins.research.limits import pool
from nija_plugins.research.limits.measured import Measured
from tests.conftest import ROOT
from tests.unit.research.test_table import CASE, GOOD, over


def limits(monkeypatch: pytest.MonkeyPatch, measured: Measured, *options: str) -> Result:
    """The command, with `measured` for its one case."""

    def run_all(*_: Any) -> Any:
        yield [(CASE, measured)]

    monkeypatch.setattr(pool, "run_all", run_all)
    monkeypatch.chdir(ROOT)
    return CliRunner().invoke(app, ["limits", "--markets", "1", *options])


def test_for_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    told = limits(monkeypatch, over(1.0), "--json")
    assert told.exit_code == 0, told.output
    facts = json.loads(told.stdout)
    assert facts["unexplained"] == 0
    (run,) = facts["runs"]
    assert (run["market"], run["first"], run["worst_day"]) == (7, "2022-03-01", 0.07)
    (broken,) = run["over"]
    assert (broken["limit"], broken["explained"]) == ("worst day", True)
    assert broken["gaps"][0]["pair"] == "SOL/USD"


def test_for_scripts_beside_the_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = limits(monkeypatch, GOOD, "--json", "--write", str(tmp_path / "page.md"))
    assert json.loads(told.stdout)["runs"][0]["over"] == []
    assert "both limits held" in (tmp_path / "page.md").read_text()


def test_what_no_gap_explains_ends_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    told = limits(monkeypatch, over(1.5), "--json")
    assert told.exit_code == 1
    assert json.loads(told.stdout)["unexplained"] == 1
