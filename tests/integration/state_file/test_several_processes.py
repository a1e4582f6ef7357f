"""Bots that share one state file: no transition is lost, and nobody reads half a file."""

import logging
import random
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from nija_plugins.scaling import AutoScalingEngine
from nija_plugins.scaling import state as state_module
from nija_plugins.scaling import store as store_module
from nija_plugins.scaling.state import parse_state
from tests.integration.state_file.processes import FORK, Kept

TIERS = (10.0, 20.0, 300.0, 600.0, 1500.0)
"""An equity in each tier, and one below them all."""

EVERYTHING = 1_000_000
"""A `HISTORY_LIMIT` under which every transition of a test is still there at its end."""

Told = tuple[str | None, str | None, float]
"""What `check_and_scale` said: old tier, new tier, and the equity that names the call."""


def _scale(path: Path, number: int, seconds: float, results: Any) -> None:
    """One bot: random equities, each unlike any other, for `seconds`."""
    kept = Kept()
    logging.getLogger("nija_plugins").addHandler(kept)
    chance = random.Random(number)
    engine = AutoScalingEngine(path, downgrade_buffer=0)
    told: list[Told] = []
    calls = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        calls += 1
        equity = chance.choice(TIERS) + number * 1e-1 + calls * 1e-6
        scaled, old, new = engine.check_and_scale(equity)
        if scaled:
            told.append((old, new, equity))
    results.put((told, kept.lines))


def _read(path: Path, stop: Any, results: Any) -> None:
    """Parses the file as fast as it can; what it saw of the history, and what went wrong."""
    reads, lengths, problems = 0, [0], []
    while not stop.is_set():
        try:
            state = parse_state(path.read_bytes())
        except FileNotFoundError:
            continue
        except Exception as error:
            problems.append(f"{type(error).__name__}: {error}")
            continue
        reads += 1
        if state.upgrade_history and state.upgrade_history[-1].to_tier != state.current_tier:
            problems.append("the history does not lead to the current tier")
        lengths.append(len(state.upgrade_history))
    shrunk = sum(a > b for a, b in pairwise(lengths))
    results.put((reads, shrunk, problems))


def _compete(path: Path, processes: int, seconds: float) -> None:
    results, seen, stop = FORK.Queue(), FORK.Queue(), FORK.Event()
    reader = FORK.Process(target=_read, args=(path, stop, seen))
    workers = [
        FORK.Process(target=_scale, args=(path, number, seconds, results))
        for number in range(processes)
    ]
    for process in (reader, *workers):
        process.start()
    # Fetched before joining: a process does not end while its queue is full.
    outcomes = [results.get(timeout=seconds + 60) for _ in workers]
    stop.set()
    reads, shrunk, problems = seen.get(timeout=60)
    for process in (reader, *workers):
        process.join(timeout=30)
        assert process.exitcode == 0

    assert problems == []
    assert shrunk == 0
    assert reads > 10 * seconds
    assert [line for _, lines in outcomes for line in lines] == []
    state = parse_state(path.read_bytes())
    rows = state.upgrade_history
    told = Counter(one for told, _ in outcomes for one in told)
    assert all(told_by for told_by, _ in outcomes), "a process never got its turn"
    assert Counter((row.from_tier, row.to_tier, row.equity) for row in rows) == told
    assert set(told.values()) == {1}
    assert len(rows) > 10 * seconds
    assert rows[0].from_tier is None
    assert all(before.to_tier == after.from_tier for before, after in pairwise(rows))
    assert rows[-1].to_tier == state.current_tier
    names = {file.name for file in path.parent.iterdir()}
    assert names == {path.name, f"{path.name}.lock"}


@pytest.mark.parametrize("processes", [2, 5])
@pytest.mark.parametrize("seconds", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_processes_on_one_file_lose_nothing_and_nobody_reads_half_a_file(
    state_file: Path, monkeypatch: pytest.MonkeyPatch, processes: int, seconds: float
) -> None:
    monkeypatch.setattr(state_module, "HISTORY_LIMIT", EVERYTHING)
    # On a busy machine somebody may wait for seconds; that costs nothing but a line in the log.
    monkeypatch.setattr(store_module, "LOCK_TIMEOUT", 60.0)
    _compete(state_file, processes, seconds)
