"""`nija sweep` with real backtests: on a cluster whose worker is killed, and interrupted here."""

import json
import os
import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nija_plugins.research.result import latest
from nija_plugins.venue.market.files import write_synthetic_candles
from tests.conftest import copy_of_the_house, nija
from tests.integration.dask_processes import NIJA, Cluster, process

# Each has processes of its own; two at once would only wait for each other.
pytestmark = pytest.mark.xdist_group("sweep")

PLAIN = ("--exchange", "kraken", "--set", "ai_trade_filter=false", "--wallet", "300")
WINDOWS = ("--timerange", "20230301-20230530", "--window", "30", "--starts", "0,10")
SETS = ("--set", "trails=1,1.2")
CASES = 12
"""3 windows, 2 sets, 2 starts."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = copy_of_the_house(tmp_path)
    first, end = datetime(2023, 1, 1, tzinfo=UTC), datetime(2023, 12, 2, tzinfo=UTC)
    write_synthetic_candles(home / "user_data/data/kraken", first, end, seed=3)
    return home


def a_sweep(home: Path, *options: str) -> Any:
    """`nija sweep` as a process whose output can be read."""
    words = (NIJA, "sweep", *PLAIN, *options)
    return process(*words, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def until(finished: Path, count: int, sweep: "subprocess.Popen[str]") -> None:
    """Waits for `count` finished backtests."""
    for _ in range(1800):
        if len(list(finished.glob("*.json"))) >= count:
            return
        assert sweep.poll() is None, sweep.communicate()
        time.sleep(0.05)
    raise AssertionError("no progress")


def results(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "results.parquet")


def run_and_kill(
    home: Path, cluster: Cluster, options: tuple[str, ...], total: int
) -> pd.DataFrame:
    """The results of a sweep of which one of two workers is killed, and whose candles and
    configuration are taken away, when half is done."""
    workers = [cluster.worker(), cluster.worker()]
    folder = home / ".nija/sweep"
    with a_sweep(home, *options, "--scheduler", cluster.address) as sweep:
        until(folder / "finished", total // 2, sweep)
        (home / "user_data").rename(home / "gone")
        os.kill(workers[0].pid, signal.SIGKILL)
        said, problems = sweep.communicate(timeout=1200)
    assert sweep.returncode == 0, said + problems
    assert workers[0].returncode is None and workers[0].wait() == -signal.SIGKILL
    assert workers[1].poll() is None
    assert f"{total} of {total} backtests" in said
    return results(folder)


def test_a_worker_is_killed_and_every_backtest_is_there_once(home: Path, cluster: Cluster) -> None:
    found = run_and_kill(home, cluster, (*WINDOWS, *SETS), CASES)
    assert len(found) == CASES
    assert found["key"].is_unique
    assert not found.duplicated(["window_begin", "begin", "set"]).any()
    assert (found["trades"] > 0).any()
    assert found["total_return"].nunique() > CASES / 2
    page = (home / ".nija/sweep/report.html").read_text()
    assert page.count("<td") > 2 * CASES and "A synthetic market" in page


@pytest.mark.slow
def test_two_hundred_backtests_and_a_worker_killed_midway(home: Path, cluster: Cluster) -> None:
    """5 windows, 10 sets, 4 starts."""
    windows = ("--timerange", "20230301-20230530", "--window", "30", "--step", "15")
    sets = ("--set", "trails=0.8,1,1.2,1.4,1.6", "--set", "risk_per_trade=2,3")
    found = run_and_kill(home, cluster, (*windows, "--starts", "0,2,5,7", *sets), 200)
    assert len(found) == 200
    assert found["key"].is_unique


def test_interrupted_it_goes_on_and_says_what_freqtrade_says(home: Path, free_port: int) -> None:
    folder = home / ".nija/sweep"
    options = (*WINDOWS, *SETS, "--processes", "1")
    with a_sweep(home, *options) as sweep:
        until(folder / "finished", 2, sweep)
        os.killpg(sweep.pid, signal.SIGINT)  # as a terminal does
        said, problems = sweep.communicate(timeout=60)
    assert sweep.returncode == 130, said + problems
    assert "Traceback" not in problems and "the same command goes on from here" in problems
    first = results(folder)
    assert 2 <= len(first) < CASES
    assert f"{len(first)} of {CASES} backtests" in said

    with a_sweep(home, *options, "--json") as sweep:
        said, problems = sweep.communicate(timeout=120)
    assert sweep.returncode == 0, problems
    assert f"{len(first)} are there already" in problems
    facts = json.loads(said)
    assert (facts["backtests"], facts["finished"], facts["failed"]) == (CASES, CASES, [])
    every = results(folder)
    assert len(every) == CASES and every["key"].is_unique
    again = every[every["key"].isin(first["key"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, first)

    one = every[(every["begin"] == "2023-03-31") & (every["set"] == "trails 1")].iloc[0]
    plain = nija(
        home,
        *("offline", "--exchange", "kraken", "--port", str(free_port)),
        *("backtesting", "--strategy", "NijaMicro", "--timerange", "20230331-20230430"),
        *("--dry-run-wallet", "300", "--export", "trades", "--cache", "none"),
    )
    assert plain.returncode == 0, plain.stdout + plain.stderr
    result = latest(home / "user_data/backtest_results")
    stats = result.statistics
    assert one["trades"] == stats["total_trades"] > 0
    assert one["wins"] == stats["wins"]
    assert one["final_balance"] == pytest.approx(stats["final_balance"], abs=1e-9)
    assert one["total_return"] == pytest.approx(stats["profit_total"], abs=1e-9)
    assert one["drawdown"] == result.drawdown
    assert one["worst_day"] == result.worst_day


@pytest.mark.parametrize("command", [("sweep", *PLAIN, *WINDOWS), ("hyperopt",)])
def test_nobody_at_the_schedulers_address(
    home: Path, free_port: int, command: tuple[str, ...]
) -> None:
    ended = nija(home, *command, "--scheduler", f"tcp://127.0.0.1:{free_port}")
    assert ended.returncode == 1
    assert f"No Dask scheduler answers at tcp://127.0.0.1:{free_port}" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "\x1b" not in ended.stdout + ended.stderr
