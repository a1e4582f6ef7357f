"""One state file for several accounts, and for several processes."""

import logging
import multiprocessing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from nija_plugins.scaling import AutoScalingEngine
from nija_plugins.scaling.state import parse_state
from tests.state_files import Start, stored, warned


def test_another_accounts_tier_is_not_carried_over(
    start: Start, state_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    start("coinbase dry-run").check_and_scale(1000)
    with caplog.at_level(logging.INFO):
        engine = start("coinbase live")
    (line,) = [r.getMessage() for r in caplog.records]
    assert "coinbase dry-run" in line
    assert "coinbase live" in line
    assert engine.current_tier is None
    assert engine.current_equity is None
    assert engine.check_and_scale(14.5) == (False, None, None)  # no buffer inherited
    assert engine.check_and_scale(20) == (True, None, "STARTER")
    rows = stored(state_file)["upgrade_history"]
    assert [(r["account"], r["to_tier"]) for r in rows] == [
        ("coinbase dry-run", "ELITE"),
        ("coinbase live", "STARTER"),
    ]
    assert stored(state_file)["account"] == "coinbase live"


def test_the_same_account_and_a_careless_one_keep_the_tier(start: Start, state_file: Path) -> None:
    start("coinbase live").check_and_scale(300)
    assert start("coinbase live").state_manager.get_current_tier() == "GROWTH"
    careless = start(None)
    assert careless.check_and_scale(500) == (True, "GROWTH", "ADVANCED")
    assert stored(state_file)["account"] == "coinbase live"


def test_a_file_without_a_label_belongs_to_nobody_in_particular(start: Start) -> None:
    start(None).check_and_scale(1000)
    assert start("coinbase live").current_tier is None


def test_two_accounts_on_one_file_do_not_fight(
    start: Start, state_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = start("coinbase live")
    first.check_and_scale(1000)
    second = start("kraken live")
    second.check_and_scale(100)
    for _ in range(5):
        assert first.check_and_scale(1000) == (False, "ELITE", "ELITE")
        assert second.check_and_scale(100) == (False, "STARTER", "STARTER")
    assert stored(state_file)["account"] == "kraken live"
    (error,) = warned(caplog)
    assert "kraken live" in error


def test_a_second_process_goes_on_where_the_first_stands(start: Start) -> None:
    first, second = start(), start()
    first.check_and_scale(300)
    assert second.check_and_scale(300) == (False, "GROWTH", "GROWTH")
    assert second.check_and_scale(500) == (True, "GROWTH", "ADVANCED")
    assert first.check_and_scale(490) == (False, "ADVANCED", "ADVANCED")


def test_a_deleted_file_is_a_fresh_start(start: Start, state_file: Path) -> None:
    engine = start("coinbase live")
    engine.check_and_scale(300)
    state_file.unlink()
    assert engine.check_and_scale(300) == (True, None, "GROWTH")
    assert len(stored(state_file)["upgrade_history"]) == 1


def _walk(path: Path, equities: list[float], counts: Any) -> None:
    engine = AutoScalingEngine(path, 0)
    counts.put(sum(engine.check_and_scale(equity)[0] for equity in equities))


def test_processes_lose_no_transition_and_readers_see_whole_files(state_file: Path) -> None:
    context = multiprocessing.get_context("fork")
    counts = context.Queue()
    walks = ([100.0, 300.0] * 20, [600.0, 1000.0] * 20, [20.0, 10.0] * 20)
    workers = [context.Process(target=_walk, args=(state_file, w, counts)) for w in walks]
    for worker in workers:
        worker.start()
    reads = 0
    while any(worker.is_alive() for worker in workers):
        if state_file.exists():
            parse_state(state_file.read_bytes())
            reads += 1
    changes = sum(counts.get(timeout=10) for _ in workers)
    for worker in workers:
        worker.join()
    assert reads
    rows = stored(state_file)["upgrade_history"]
    assert len(rows) == changes
    assert rows[0]["from_tier"] is None
    assert all(a["to_tier"] == b["from_tier"] for a, b in pairwise(rows))
    assert rows[-1]["to_tier"] == stored(state_file)["current_tier"]
