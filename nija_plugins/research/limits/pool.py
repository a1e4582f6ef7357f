"""Cases on several processes."""

import multiprocessing
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from multiprocessing.util import Finalize
from pathlib import Path

from nija_plugins.research.limits.bench import Bench, bench
from nija_plugins.research.limits.case import REAL, Case
from nija_plugins.research.limits.measured import Measured

_worker: list[Bench] = []
_open = ExitStack()


def run_all(
    cases: Iterable[Case], repository: Path, folder: Path, recorded: Path | None, processes: int
) -> Iterator[list[tuple[Case, Measured]]]:
    """What every case came to, with and without the pause (see `Bench.measure`), as they are done;
    begun in the order given, the cases of one synthetic market together."""
    tasks: dict[object, list[Case]] = {}
    for case in cases:
        tasks.setdefault(case if case.market == REAL else case.market, []).append(case)
    # Spawned: a forked child would inherit locks that threads of the parent hold.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        processes, context, initializer=_begin, initargs=(repository, folder, recorded)
    ) as pool:
        waiting = [pool.submit(_measure, task) for task in tasks.values()]
        try:
            for done in as_completed(waiting):
                yield from done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _begin(repository: Path, folder: Path, recorded: Path | None) -> None:
    os.nice(5)
    Finalize(None, _open.close, exitpriority=1)  # pool workers run no atexit
    _worker.append(_open.enter_context(bench(repository, folder, f"at-{os.getpid()}", recorded)))


def _measure(cases: list[Case]) -> list[list[tuple[Case, Measured]]]:
    return [_worker[0].measure(case) for case in cases]
