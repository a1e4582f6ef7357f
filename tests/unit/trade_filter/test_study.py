"""The study's arithmetic, and the command that shows it."""

import json
from collections import OrderedDict
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from nija_plugins.cli import app
from nija_plugins.cli.train import _cells, _facts
from nija_plugins.research import filter_report
from nija_plugins.research.filter_study import (
    Interval,
    Quarter,
    at_random,
    auc,
    brier,
    figures,
    same_share,
)
from nija_plugins.settings import Settings
from nija_plugins.trade_filter import store
from nija_plugins.trade_filter.windows import window_of

WEEK = 7 * 24 * 3600
WINDOW = pd.Timestamp("2024-01-01", tz="UTC")


def judged(r: list[float], **columns: list[float]) -> pd.DataFrame:
    """A candidate a week."""
    return pd.DataFrame({"entered": np.arange(len(r)) * WEEK, "r": r, **columns})


def test_means_shares_and_intervals() -> None:
    found = figures(judged([2.0, -1.0, -1.0, 3.0] * 25), np.array([True, False, False, True] * 25))
    assert (found.candidates, found.share) == (100, 0.5)
    assert (found.win_passed, found.win_refused) == (1.0, 0.0)
    assert found.passed.mean == 2.5
    assert found.refused.mean == found.refused.low == found.refused.high == -1.0
    assert 2.3 < found.passed.low < 2.5 < found.passed.high < 2.7
    assert found.difference.mean == 3.5


def test_nothing_passed_has_no_mean() -> None:
    found = figures(judged([1.0, -1.0]), np.array([False, False]))
    assert str(found.passed) == "–"
    assert found.refused.mean == 0.0


def test_as_many_by_another_measure() -> None:
    passes = np.array([True, True, False, False])
    chosen = same_share(pd.Series([0.1, 0.9, 0.9, 0.9]), passes)
    assert chosen.tolist() == [False, True, True, False]


def test_random_draws_keep_the_mean() -> None:
    found = at_random(judged(list(np.linspace(-1, 1, 101))), 30)
    assert found.mean == pytest.approx(0.0, abs=0.02)
    assert found.low < 0 < found.high


def test_auc_and_brier() -> None:
    table = judged([1.0, -1.0], rank=[0.9, 0.1], chance=[1.0, 0.5])
    assert auc(table) == 1.0
    assert brier(table, "chance") == 0.125


def test_what_cannot_be_told_is_no_number() -> None:
    table = judged([1.0, 2.0], rank=[0.9, 0.1])
    told = _facts(
        Quarter(window_of(WINDOW, pd.Timedelta(days=30)), 90, 30, table, None), Settings()
    )
    assert told["auc"] is None and told["r_passed"] == 1.0
    assert _cells(told) == ["90", "33%", "2", "–", "50%", "+1.00", "+2.00"]
    assert str(Interval(1.0, float("nan"), float("nan"))) == "+1.00"
    assert str(at_random(table, 0)) == "–"


def test_the_report_of_winners_alone_has_no_nan(monkeypatch) -> None:
    columns = {name: [0.5] * 20 for name in ("votes", "chance", "base", "b")}
    table = judged(list(range(1, 21)), rank=[0.1] * 20, **columns)
    monkeypatch.setattr(filter_report, "_judged", lambda *_, **__: table)
    monkeypatch.setattr(filter_report, "own_signals", lambda *_: {})
    told = filter_report.report(SimpleNamespace(fee=0.004, ends=WINDOW), None, Settings(), table)
    assert "nan" not in told
    assert "With shuffled labels the rank's AUC is –." in told


def test_nija_train_shows_windows_and_writes_models(house, recorded, monkeypatch) -> None:
    monkeypatch.chdir(house)
    # Other tests fitted the same models in this process, which keeps them.
    monkeypatch.setattr(store, "_recent", OrderedDict())
    shown = CliRunner().invoke(
        app, ["train", "--datadir", str(recorded), "--fee", "0.4%"], env={"COLUMNS": "160"}
    )
    assert shown.exit_code == 0, shown.output
    assert "2022 Q4" in shown.output and "no model" in shown.output
    assert "2023 Q2" in shown.output
    assert len(list((house / "user_data/nija_models").glob("*.json"))) == 2
    told = CliRunner().invoke(app, ["train", "--datadir", str(recorded), "--json"])
    facts = json.loads(told.stdout)
    assert facts["pairs"] == ["BTC/USD", "ETH/USD", "SOL/USD"]
    quarters = {one["quarter"]: one for one in facts["quarters"]}
    assert quarters["2022 Q4"]["problem"] and quarters["2022 Q4"]["auc"] is None
    assert 0 < quarters["2023 Q2"]["auc"] < 1 and quarters["2023 Q2"]["judged"] > 0


def test_nija_train_without_candles_names_the_command(house, monkeypatch) -> None:
    monkeypatch.chdir(house)
    shown = CliRunner().invoke(app, ["train"])
    assert shown.exit_code == 2
    assert "freqtrade download-data" in " ".join(shown.output.split())


@pytest.mark.parametrize("options", [["--report", "--json"], ["--picture", "x.png"]])
def test_nija_train_refuses_what_does_not_go_together(house, monkeypatch, options) -> None:
    monkeypatch.chdir(house)
    shown = CliRunner().invoke(app, ["train", *options])
    assert shown.exit_code == 2
    assert "--report" in shown.output
