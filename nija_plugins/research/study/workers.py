"""Runs cases in a few processes, keeping every finished one."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from nija_plugins.research.study.case import Case
from nija_plugins.research.study.engine import Engine, engine
from nija_plugins.research.study.store import Store

_engine: list[Engine] = []
"""This worker process's engine, made once by `_begin`."""
_open = ExitStack()


def run_all(
    cases: Sequence[Case],
    store: Store,
    places: tuple[Path, Path, Path],
    processes: int,
    done: Callable[[], None],
) -> dict[Case, dict[str, Any]]:
    """The figures of all `cases`, from `store` where they are known. `places` are the repository,
    the folder for houses and the candles; `done` is called after each backtest."""
    found = {case: figures for case in cases if (figures := store.find(case)) is not None}
    left = [case for case in cases if case not in found]
    if not left:
        return found
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, spawn, _begin, places) as pool:
        futures = {pool.submit(_backtest, case): case for case in left}
        for future in as_completed(futures):
            case = futures[future]
            found[case] = future.result()
            store.keep(case, found[case])
            done()
    return found


def _begin(root: Path, home: Path, datadir: Path) -> None:
    # Each process has houses of its own: a half-written file must not be read by the other.
    own = home / multiprocessing.current_process().name.replace(":", "-")
    _engine.append(_open.enter_context(engine(root, own, datadir)))


def _backtest(case: Case) -> dict[str, Any]:
    return _engine[0].backtest(case)
