"""What `nija sweep` refuses, each in a line, before anything runs."""

import json
import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from nija_plugins.cli import app
from nija_plugins.cli import sweep as command
from nija_plugins.venue.market.files import write_synthetic_candles
from tests.conftest import ROOT, nija

TIMES = ("--timerange", "20230201-20230220")


@pytest.fixture
def home(house: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(house)
    first, end = datetime(2023, 1, 1, tzinfo=UTC), datetime(2023, 2, 20, tzinfo=UTC)
    write_synthetic_candles(house / "candles", first, end, seed=3)
    return house


def sweep(*options: str) -> Result:
    return CliRunner().invoke(app, ["sweep", "--datadir", "candles", *options])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((*TIMES, "--set", "risk_per_trad=2"), 'did you mean "risk_per_trade"'),
        ((*TIMES, "--set", "risk_per_trade=9"), "nija.risk_per_trade"),
        ((*TIMES, "--set", "trails=7"), "say a number from 0.6 to 1.6"),
        ((*TIMES, "--starts", "0,19"), "--starts 19 leaves nothing of a window of 19 days"),
        ((*TIMES, "--starts", "now"), '--starts "now": say days'),
        ((*TIMES, "--window", "20"), "No window of 20 days fits"),
        (("--timerange", "2023"), "say 20210101-20250101"),
        (("--timerange", "20230230-"), "say 20210101-20250101"),
        (
            ("--timerange", "20230120-20230210"),
            "choose a --timerange from 2023-01-31 to 2023-02-20",
        ),
        (("--timerange", "20230201-20230301"), "The candles cover 2023-01-01 to 2023-02-20"),
        (
            (*TIMES, "--datadir", "user_data"),
            "BTC_USD-1h.feather is missing. There is one in candles: --datadir candles.",
        ),
        ((*TIMES, "--datadir", "user_data/strategies"), "Fetch candles with: freqtrade download-"),
        ((*TIMES, "--exchange", "krakenfutures"), "spot markets only"),
        ((*TIMES, "-c", "nowhere.json"), "nowhere.json does not exist"),
        ((*TIMES, "--scheduler", "tcp://x:1", "--processes", "2"), "not both"),
    ],
)
def test_what_is_refused(home: Path, options: tuple[str, ...], words: str) -> None:
    ended = sweep(*options)
    assert ended.exit_code == 2, ended.output
    assert words in " ".join(ended.stderr.split())
    assert "Traceback" not in ended.output
    assert ended.stdout == ""
    assert not (home / ".nija").exists()


def test_a_pair_the_simulated_exchange_does_not_know(home: Path) -> None:
    shipped = home / "config.micro_capital.json"
    shipped.write_text(shipped.read_text().replace('"SOL/USD"]', '"DOGE/USD"]'))
    ended = sweep(*TIMES)
    assert ended.exit_code == 2
    assert "DOGE/USD cannot be swept" in ended.stderr


def test_a_broken_plugin_is_named_before_anything_runs(home: Path) -> None:
    (home / "user_data/plugins/mine.py").write_text("x = ")
    ended = sweep(*TIMES)
    assert ended.exit_code == 2
    assert "mine" in ended.stderr


def test_results_that_cannot_be_written_end_with_1(home: Path) -> None:
    (home / "taken").touch()
    ended = sweep(*TIMES, "--folder", "taken")
    assert ended.exit_code == 1
    assert "Cannot make taken" in ended.stderr


def test_a_failing_backtest_ends_with_1_and_the_others_are_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a cluster: what comes back from one is made up here."""
    from contextlib import nullcontext

    from nija_plugins.sweep import run
    from tests.unit.sweep.rows import a_row

    def run_all(_client: object, cases: object, _parcel: object) -> object:
        first, *rest = cases  # type: ignore[misc]
        yield run.Failed(first, "ValueError: broken")
        for case in rest:
            yield a_row(case)

    monkeypatch.setattr(run, "cluster", lambda *_: nullcontext())
    monkeypatch.setattr(run, "run_all", run_all)
    ended = sweep(*TIMES, "--set", "trails=1,1.1,1.2", "--json")
    assert ended.exit_code == 1
    assert "20230201-20230220, trails 1: ValueError: broken" in ended.stderr
    facts = json.loads(ended.stdout)
    assert (facts["backtests"], facts["finished"]) == (3, 2)
    assert facts["failed"] == [
        {"timerange": "20230201-20230220", "set": "trails 1", "why": "ValueError: broken"}
    ]
    assert [one["name"] for one in facts["sets"]] == ["trails 1.1", "trails 1.2"]
    assert Path(facts["results"]).is_file() and Path(facts["report"]).is_file()
    assert len(list(home.glob(".nija/sweep/finished/*.json"))) == 2


def test_without_a_cluster_the_last_results_stay(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nija_plugins.sweep import run

    def cluster(*_: object) -> object:
        raise run.NoCluster("Nobody answers.")

    monkeypatch.setattr(run, "cluster", cluster)
    last = home / ".nija/sweep/results.parquet"
    last.parent.mkdir(parents=True)
    last.write_text("of the last sweep")
    ended = sweep(*TIMES, "--json")
    assert ended.exit_code == 1
    assert "Nobody answers." in ended.stderr
    assert json.loads(ended.stdout)["results"] is None
    assert last.read_text() == "of the last sweep"


def test_a_bot_does_not_wait_for_dask() -> None:
    code = (
        "import sys, freqtrade.main, freqtrade.optimize.hyperopt, nija_plugins.strategy\n"
        "from nija_plugins import manager\nfrom nija_plugins.settings import Settings\n"
        "manager.build(Settings())\n"
        "print({'dask', 'distributed', 'pyarrow.parquet'} & set(sys.modules))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    assert said == "set()\n"


def test_the_first_commands_of_the_page_work_on_a_clean_clone(
    house: Path, monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    """As printed, but for the backtests themselves, which others run."""
    text = (ROOT / "docs/sweep.md").read_text(encoding="utf-8")
    (block, *_) = re.findall(r"```\n(.*?)```", text, re.DOTALL)
    fetch, go = block.replace("\\\n", " ").splitlines()
    _, offline, *rest = shlex.split(fetch)
    assert nija(house, offline, "--port", str(free_port), *rest).returncode == 0
    monkeypatch.chdir(house)
    monkeypatch.setattr(command, "_run", lambda *_: None)
    told = CliRunner().invoke(app, shlex.split(go)[1:])
    assert told.exit_code == 0, told.output
    assert re.search(r"\d+ backtests: \d+ windows, 6 sets, 2 starts", told.stderr)
