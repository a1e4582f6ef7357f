"""The results page from whatever has been run so far."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from nija_plugins.research.study import grid, page
from nija_plugins.research.study.engine import ASSETS
from nija_plugins.research.study.holding import buy_and_hold
from nija_plugins.research.study.results import results
from tests.conftest import ROOT

pytest.importorskip("matplotlib", reason="needs the extra 'research'")


@pytest.fixture(scope="module")
def datadir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four years in which every price doubles in each half, in a straight line."""
    folder = tmp_path_factory.mktemp("candles")
    dates = pd.date_range("2021-01-01", "2024-12-31 23:00", freq="1h", tz="UTC")
    half = (dates < "2023-01-01").sum()
    price = np.r_[np.linspace(1, 2, half), np.linspace(2, 4, len(dates) - half)]
    frame = pd.DataFrame({"date": dates, "open": price, "close": price})
    for asset in ASSETS:
        frame.to_feather(folder / f"{asset}_USD-1h.feather")
    return folder


def figures(**changes: object) -> dict[str, object]:
    """A backtest's figures, all there."""
    names = dict.fromkeys(page.COLUMNS, 0.5)
    counts = {"trades": 2, "wins": 1, "profit": 3.0, "mean": 0.1}
    return {
        **names,
        "final": 150.0,
        "trades": 2,
        "profits": [0.3, -0.1],
        "days": 730,
        "skewness": 0.0,
        "kurtosis": 3.0,
        "last_entry": "2022-03-01",
        "months": [["2021-01", 101.0], ["2021-02", 150.0]],
        "years": {"2021": {"return": 0.5, "trades": 2}},
        "pairs": {"BTC/USD": counts},
        "regimes": {"ranging": counts},
        "tiers": {"STARTER": counts},
    } | changes


def written(folder: Path, datadir: Path, found: dict, filtered: bool = False) -> str:
    (folder / "docs").mkdir(exist_ok=True)
    target = folder / "docs/results.md"
    page.write(ROOT, target, folder / "docs/results.json", found, datadir, filtered)
    return target.read_text()


def test_buying_and_holding_pays_both_fees_and_nothing_else(datadir: Path) -> None:
    told = buy_and_hold(datadir, "kraken", "2021–22", 100)
    assert told["final"] == pytest.approx(100 / 1.004 * 2 * 0.996)
    assert told["drawdown"] == pytest.approx(1 - 1 / 1.004, rel=0.01)
    assert told["fees"] == pytest.approx(0.004 * (100 / 1.004 + 200 / 1.004))


def test_what_has_not_been_run_is_a_dash_and_what_has_is_told(
    tmp_path: Path, datadir: Path
) -> None:
    assert "0 backtests (of" in written(tmp_path, datadir, {})
    cases = grid.all_cases(ROOT, with_filter=False)
    whole = written(tmp_path, datadir, dict.fromkeys(cases, figures()))
    assert "| NijaMicro, $100 | 50.0% | 50.0% |" in whole
    assert "| random entries | 50.0% |" in whole
    assert "20 accounts, 20 of them with a profit" in whole
    assert "without AI filter" not in whole
    assert "without AI filter" in written(tmp_path, datadir, {}, filtered=True)
    assert (tmp_path / "docs/img/accounts.png").stat().st_size > 1_000


def test_every_row_has_its_command(tmp_path: Path, datadir: Path) -> None:
    written(tmp_path, datadir, {})
    told = json.loads((tmp_path / "docs/results.json").read_text())
    one = told["NijaMicro, $100, pause 14 days"]["kraken, 2021–22"]["command"]
    assert one.startswith("DRAWDOWN_PAUSE_DAYS=14 nija offline --exchange kraken backtesting")
    random = told["random entries 1"]["coinbase, 2023–24"]
    assert "seeded(1)" in random["files"]["user_data/plugins/experiment.py"]
    assert '"signals.trend"' in random["command"]


def test_what_a_person_wrote_below_the_mark_stays(tmp_path: Path, datadir: Path) -> None:
    written(tmp_path, datadir, {})
    target = tmp_path / "docs/results.md"
    target.write_text(target.read_text() + "\n## What it means\n\nNot much.\n")
    again = written(tmp_path, datadir, {})
    assert again.endswith("## What it means\n\nNot much.\n")
    assert written(tmp_path, datadir, {}) == again


def test_without_candles_the_command_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = typer.Typer()
    app.command()(results)
    outside = CliRunner().invoke(app, ["--data", str(tmp_path)], env={"COLUMNS": "200"})
    assert outside.exit_code == 1
    assert "BTC_USDT-1h.feather is missing" in " ".join(outside.output.split())
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["--data", str(tmp_path)]).exit_code == 2
