import errno
import json
import logging
import multiprocessing
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from nija_plugins.scaling import AutoScalingEngine
from nija_plugins.scaling import store as store_module
from nija_plugins.scaling.state import (
    DamagedStateError,
    FutureStateError,
    ScalingState,
    parse_state,
)
from nija_plugins.scaling.store import StateFileError

NOW = datetime(2026, 11, 22, 13, 7, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def start(state_file: Path, clock: Clock) -> Callable[..., AutoScalingEngine]:
    """An engine as a new process would make it."""

    def _start(account: str | None = None, buffer: float = 5.0) -> AutoScalingEngine:
        return AutoScalingEngine(state_file, buffer, account, clock)

    return _start


Start = Callable[..., AutoScalingEngine]


def stored(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_bytes())
    return content


def fail_with(code: int) -> Callable[..., None]:
    def _fail(*_args: object, **_kwargs: object) -> None:
        raise OSError(code, os.strerror(code))

    return _fail


def problems(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]


# what the file holds


def test_the_file_says_everything(start: Start, state_file: Path, clock: Clock) -> None:
    engine = start("coinbase live")
    engine.check_and_scale(300)
    clock.advance(hours=1)
    engine.check_and_scale(20)
    assert stored(state_file) == {
        "schema_version": 1,
        "account": "coinbase live",
        "current_tier": "STARTER",
        "last_equity": 20.0,
        "last_upgrade": "2026-11-22T13:07:00Z",
        "upgrade_history": [
            {
                "from_tier": None,
                "to_tier": "GROWTH",
                "equity": 300.0,
                "timestamp": "2026-11-22T13:07:00Z",
                "direction": "upgrade",
                "account": "coinbase live",
            },
            {
                "from_tier": "GROWTH",
                "to_tier": "STARTER",
                "equity": 20.0,
                "timestamp": "2026-11-22T14:07:00Z",
                "direction": "downgrade",
                "account": "coinbase live",
            },
        ],
    }


def test_nothing_is_written_before_an_equity_is_seen(start: Start, state_file: Path) -> None:
    start()
    assert not state_file.parent.exists()


def test_memory_only_touches_no_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    AutoScalingEngine(None).check_and_scale(500)
    assert list(tmp_path.iterdir()) == []


def test_restart_restores_and_announces_nothing(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    start().check_and_scale(500)
    with caplog.at_level(logging.DEBUG, "nija_plugins"):
        engine = start()
        assert engine.state_manager.get_current_tier() == "ADVANCED"
        assert engine.current_equity == 500
        assert len(engine.state_manager.get_upgrade_history()) == 1
        # the buffer survives the restart as well
        assert engine.check_and_scale(480) == (False, "ADVANCED", "ADVANCED")
    assert caplog.records == []


def test_a_string_is_a_path(state_file: Path) -> None:
    AutoScalingEngine(str(state_file)).check_and_scale(15)
    assert stored(state_file)["current_tier"] == "STARTER"


def test_an_unchanged_tier_is_saved_at_most_once_a_minute(
    start: Start, state_file: Path, clock: Clock
) -> None:
    engine = start()
    engine.check_and_scale(100)
    clock.advance(seconds=5)
    engine.check_and_scale(101)
    assert stored(state_file)["last_equity"] == 100
    assert engine.current_equity == 101
    clock.advance(seconds=55)
    engine.check_and_scale(102)
    assert stored(state_file)["last_equity"] == 102
    written = state_file.stat().st_mtime_ns
    clock.advance(minutes=5)
    engine.check_and_scale(102)
    assert state_file.stat().st_mtime_ns == written


# files that are not right


@pytest.mark.parametrize("content", [b"", b"  \n"])
def test_an_empty_file_is_a_fresh_start(
    start: Start, state_file: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    state_file.parent.mkdir()
    state_file.write_bytes(content)
    assert start().check_and_scale(100) == (True, None, "STARTER")
    assert problems(caplog) == []
    assert not list(state_file.parent.glob("*damaged*"))


GOOD = {"schema_version": 1, "current_tier": "GROWTH", "last_equity": 300.0}


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b'{"schema_version": 1, "current_tier": "GRO',
        b"\xff\xfe\x00",
        b"null",
        b"[]",
        b"[" * 100_000,
        b'{"current_tier": 5}',
        json.dumps(GOOD | {"schema_version": 0}).encode(),
        json.dumps(GOOD | {"schema_version": "1"}).encode(),
        json.dumps(GOOD | {"current_tier": 3}).encode(),
        json.dumps(GOOD | {"last_equity": "300"}).encode(),
        json.dumps(GOOD | {"last_equity": float("nan")}).encode(),
        json.dumps(GOOD | {"last_equity": -1}).encode(),
        json.dumps(GOOD | {"last_upgrade": "yesterday"}).encode(),
        json.dumps(GOOD | {"last_upgrade": "2026-11-22T13:07:00"}).encode(),
        json.dumps(GOOD | {"upgrade_history": {}}).encode(),
        json.dumps(GOOD | {"upgrade_history": [{"from_tier": None}]}).encode(),
    ],
    ids=lambda c: repr(c[-24:]),
)
def test_a_damaged_file_is_set_aside(
    start: Start, state_file: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    state_file.parent.mkdir()
    state_file.write_bytes(content)
    engine = start()
    aside = state_file.with_name(".auto_scaling_state.json.damaged-20261122T130700Z")
    assert aside.read_bytes() == content
    assert not state_file.exists()
    (warning,) = problems(caplog)
    assert "damaged" in warning
    assert aside.name in warning
    assert "\n" not in warning
    assert engine.check_and_scale(100) == (True, None, "STARTER")
    assert stored(state_file)["current_tier"] == "STARTER"


def test_two_damaged_files_in_one_second_are_both_kept(start: Start, state_file: Path) -> None:
    state_file.parent.mkdir()
    for content in (b"first", b"second"):
        state_file.write_bytes(content)
        start()
    kept = {f.name: f.read_bytes() for f in state_file.parent.glob("*.damaged-*")}
    assert kept == {
        ".auto_scaling_state.json.damaged-20261122T130700Z": b"first",
        ".auto_scaling_state.json.damaged-20261122T130700Z-2": b"second",
    }


def test_a_file_damaged_while_running_is_set_aside_too(start: Start, state_file: Path) -> None:
    engine = start()
    engine.check_and_scale(300)
    state_file.write_bytes(b"oops")
    engine.check_and_scale(300)
    assert engine.state_manager.get_current_tier() == "GROWTH"
    assert stored(state_file)["current_tier"] == "GROWTH"
    assert len(list(state_file.parent.glob("*.damaged-*"))) == 1


def test_a_future_file_is_refused_and_left_alone(start: Start, state_file: Path) -> None:
    state_file.parent.mkdir()
    content = b'{"schema_version": 2, "tiers": "something new"}'
    state_file.write_bytes(content)
    with pytest.raises(StateFileError, match=r"newer NIJA.*schema version is 2") as caught:
        start()
    assert str(state_file) in str(caught.value)
    assert state_file.read_bytes() == content


def test_a_future_file_that_appears_while_running_is_left_alone(
    start: Start, state_file: Path
) -> None:
    engine = start()
    engine.check_and_scale(300)
    content = b'{"schema_version": 7}'
    state_file.write_bytes(content)
    with pytest.raises(StateFileError):
        engine.check_and_scale(1000)
    assert state_file.read_bytes() == content
    assert engine.state_manager.get_current_tier() == "GROWTH"


def test_unknown_extra_keys_are_no_damage() -> None:
    assert parse_state(json.dumps(GOOD | {"note": "mine"}).encode()).current_tier == "GROWTH"


def test_what_is_written_is_read_back() -> None:
    state = ScalingState.model_validate(GOOD)
    assert parse_state(state.to_json()) == state
    with pytest.raises(FutureStateError):
        parse_state(b'{"schema_version": 99}')
    with pytest.raises(DamagedStateError, match="no JSON"):
        parse_state(b"x")


# disks that fail


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_failing_disk_keeps_the_old_file_and_the_bot_going(
    start: Start,
    state_file: Path,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    code: int,
    call: str,
) -> None:
    engine = start()
    engine.check_and_scale(300)
    before = state_file.read_bytes()
    with monkeypatch.context() as broken:
        broken.setattr(store_module.os, call, fail_with(code))
        assert engine.check_and_scale(500) == (True, "GROWTH", "ADVANCED")
        for _ in range(50):
            clock.advance(seconds=5)
            assert engine.check_and_scale(510) == (False, "ADVANCED", "ADVANCED")
        assert engine.state_manager.get_current_tier() == "ADVANCED"
        assert state_file.read_bytes() == before
        assert not state_file.with_name(state_file.name + ".tmp").exists()
    (error,) = problems(caplog)  # once, not once a loop
    assert os.strerror(code) in error
    assert "\n" not in error
    clock.advance(minutes=1)
    engine.check_and_scale(511)
    assert stored(state_file)["current_tier"] == "ADVANCED"
    assert [r["to_tier"] for r in stored(state_file)["upgrade_history"]] == ["GROWTH", "ADVANCED"]


def test_a_lock_that_cannot_be_made(
    start: Start,
    state_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    start().check_and_scale(300)
    before = state_file.read_bytes()
    monkeypatch.setattr(FileLock, "acquire", fail_with(errno.EROFS))
    engine = start()
    assert engine.check_and_scale(500) == (True, "GROWTH", "ADVANCED")
    assert engine.check_and_scale(480) == (False, "ADVANCED", "ADVANCED")
    assert state_file.read_bytes() == before
    assert len(problems(caplog)) == 1


def test_a_lock_that_somebody_keeps(
    start: Start,
    state_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    clock: Clock,
) -> None:
    monkeypatch.setattr(store_module, "LOCK_TIMEOUT", 0.02)
    engine = start()
    engine.check_and_scale(300)
    with FileLock(state_file.with_name(state_file.name + ".lock")):
        assert engine.check_and_scale(500) == (True, "GROWTH", "ADVANCED")
    assert len(problems(caplog)) == 1
    clock.advance(minutes=1)
    assert engine.check_and_scale(500) == (False, "ADVANCED", "ADVANCED")
    assert stored(state_file)["current_tier"] == "ADVANCED"


def test_a_directory_in_its_place(
    start: Start, state_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state_file.mkdir(parents=True)
    (state_file / "somebody's file").write_text("precious")
    engine = start()
    assert engine.check_and_scale(300) == (True, None, "GROWTH")
    assert engine.check_and_scale(240) == (False, "GROWTH", "GROWTH")
    assert (state_file / "somebody's file").read_text() == "precious"
    (error,) = problems(caplog)
    assert "Is a directory" in error


def test_an_unreadable_file_is_not_overwritten(
    start: Start, state_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start().check_and_scale(300)
    before = state_file.read_bytes()
    with monkeypatch.context() as broken:
        broken.setattr(Path, "read_bytes", fail_with(errno.EIO))
        engine = start()
        assert engine.check_and_scale(500) == (True, None, "ADVANCED")
        assert engine.check_and_scale(300) == (True, "ADVANCED", "GROWTH")
    assert state_file.read_bytes() == before
    assert engine.check_and_scale(240) == (False, "GROWTH", "GROWTH")


def test_a_damaged_file_that_cannot_be_moved_stays(
    start: Start, state_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state_file.parent.mkdir()
    state_file.write_bytes(b"oops")
    monkeypatch.setattr(Path, "rename", fail_with(errno.EROFS))
    assert start().check_and_scale(300) == (True, None, "GROWTH")
    assert state_file.read_bytes() == b"oops"


def test_a_crash_in_the_middle_of_a_write_harms_nothing(start: Start, state_file: Path) -> None:
    start().check_and_scale(300)
    state_file.with_name(state_file.name + ".tmp").write_bytes(b'{"schema_ver')
    engine = start()
    assert engine.state_manager.get_current_tier() == "GROWTH"
    engine.check_and_scale(500)
    assert stored(state_file)["current_tier"] == "ADVANCED"
    assert not state_file.with_name(state_file.name + ".tmp").exists()


# accounts


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
    (error,) = problems(caplog)
    assert "kraken live" in error


# several processes


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
