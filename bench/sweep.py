"""What Dask costs a sweep, and what a second worker brings.

    python bench/sweep.py [ROUNDS]

The same 200 backtests (10 windows of 90 days, 10 sets, 2 start dates, a synthetic market, no AI
filter), in turn: one after another in a process without Dask, and through `run_all` with one and
with two worker processes on this machine, their start included. Prints seconds of wall time and
their ratios; they need a quiet machine.
"""

import os
import sys
import tempfile
from datetime import UTC, date, datetime
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from nija_plugins.cli.configuration import load
from nija_plugins.sweep import worker
from nija_plugins.sweep.cases import cases, windows
from nija_plugins.sweep.parcel import STRATEGY, pack, section_of
from nija_plugins.sweep.run import cluster, run_all
from nija_plugins.sweep.sets import sets, strategy_parameters
from nija_plugins.venue.files import write_synthetic_candles

ROOT = Path(__file__).resolve().parents[1]
FIRST, LAST = date(2022, 4, 1), date(2023, 8, 9)
SETS = ("ai_trade_filter=false", "trails=0.8,1,1.2,1.4,1.6", "risk_per_trade=2,3")


def planned(datadir: Path) -> tuple[Any, Any]:
    """The cases and the parcel."""
    write_synthetic_candles(
        datadir, datetime(2022, 1, 1, tzinfo=UTC), datetime(2023, 8, 10, tzinfo=UTC), seed=3
    )
    config = load([Path("user_data/config.json"), Path("config.kraken.json")])
    section = section_of(config, {})
    parameters = strategy_parameters(Path(f"user_data/strategies/{STRATEGY}.py"), STRATEGY)
    parcel = pack(config, section, datadir)
    swept = sets(SETS, None, section, parameters)
    spans = list(windows(FIRST, LAST, 90, 45))
    return cases(spans, swept, (0, 15), "kraken", 100, parcel.basis), parcel


def plainly(some: Any, parcel: Any) -> tuple[float, float]:
    """Seconds for all of them in this process, and those spent in freqtrade's backtesting."""
    began = perf_counter()
    inside = sum(worker.backtest(case, parcel)["seconds"] for case in some)
    worker.close()
    return perf_counter() - began, inside


def through_dask(some: Any, parcel: Any, processes: int) -> tuple[float, float]:
    """The same with `processes` workers, their start and end included."""
    began = perf_counter()
    with cluster(None, processes) as client:
        rows = [row for row in run_all(client, some, parcel) if isinstance(row, dict)]
    assert len({row["key"] for row in rows}) == len(some)
    return perf_counter() - began, sum(row["seconds"] for row in rows)


def main() -> None:
    """Prints a line for each measurement."""
    console, rounds = Console(highlight=False), int(sys.argv[1]) if len(sys.argv) > 1 else 1
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        some, parcel = planned(Path(folder))
        console.print(f"{len(some)} backtests, {os.cpu_count()} cores, load {os.getloadavg()[0]}")
        for _ in range(rounds):
            with get_context("spawn").Pool(1) as pool:
                plain, inside = pool.apply(plainly, (some, parcel))
            console.print(f"without Dask {plain:.1f} s, {inside:.1f} s of them in backtests")
            one, inside = through_dask(some, parcel, 1)
            told = f"{one / plain - 1:+.1%}; all but its backtests {one / inside - 1:.1%}"
            console.print(f"one worker   {one:.1f} s: {told}")
            two, inside = through_dask(some, parcel, 2)
            console.print(f"two workers  {two:.1f} s: {one / two:.2f} times as fast as one")
            console.print(f"load {os.getloadavg()[0]}")


if __name__ == "__main__":
    main()
