"""What Dask costs a sweep, and what a second worker brings.

    python bench/sweep.py [ROUNDS]

The same 200 backtests (10 windows of 90 days, 10 sets, 2 start dates, a synthetic market, no AI
filter), in turn: one after another in a process without Dask, and through `run_all` with one and
with two worker processes on this machine, their start included. Wall time needs a quiet machine.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from time import perf_counter
from typing import Any

from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.processes import tell
from nija_plugins.cli.configuration import load
from nija_plugins.sweep import worker
from nija_plugins.sweep.cases import cases, windows
from nija_plugins.sweep.parcel import STRATEGY, pack, section_of
from nija_plugins.sweep.run import cluster, run_all
from nija_plugins.sweep.sets import sets, strategy_parameters
from nija_plugins.venue.market.files import write_synthetic_candles

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


def plainly(some: Any, parcel: Any) -> None:
    """All of them in this process."""
    for case in some:
        worker.backtest(case, parcel)
    worker.close()


def without_dask(some: Any, parcel: Any) -> None:
    """All of them in a process of their own."""
    with get_context("spawn").Pool(1) as pool:
        pool.apply(plainly, (some, parcel))
        pool.close()
        pool.join()


def through_dask(some: Any, parcel: Any, processes: int) -> None:
    """The same with `processes` workers, their start and end included."""
    with cluster(None, processes) as client:
        rows = [row for row in run_all(client, some, parcel) if isinstance(row, dict)]
    assert len({row["key"] for row in rows}) == len(some)


def measured(work: Callable[[], None]) -> tuple[float, float]:
    """Seconds of wall time, and of processor time of this process and those it began and ended."""
    before, began = processor(), perf_counter()
    work()
    return perf_counter() - began, processor() - before


def processor() -> float:
    """Seconds of processor time so far."""
    used = [getrusage(whose) for whose in (RUSAGE_SELF, RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    """Prints a line for each measurement."""
    console, rounds = Console(highlight=False), int(sys.argv[1]) if len(sys.argv) > 1 else 1
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        some, parcel = planned(Path(folder))
        kinds = {
            "without Dask": partial(without_dask, some, parcel),
            "one worker": partial(through_dask, some, parcel, 1),
            "two workers": partial(through_dask, some, parcel, 2),
        }
        for _ in range(rounds):
            found = {}
            for name, work in kinds.items():
                load = os.getloadavg()[0]
                wall, used = found[name] = measured(work)
                console.print(f"{name}: {wall:.1f} s, processor {used:.1f} s; load {load:.1f}")
            plain, one, two = found.values()
            if "BENCH_FACTS" in os.environ:
                tell(**{name: wall for name, (wall, _) in found.items()})
            console.print(
                f"{len(some)} backtests. Dask costs {one[0] / plain[0] - 1:+.1%} of wall time, "
                f"{one[1] / plain[1] - 1:+.1%} of processor time; two workers are "
                f"{one[0] / two[0]:.2f} times as fast as one."
            )


if __name__ == "__main__":
    main()
