"""The state file under real processes, kills and full disks: whole at any instant, nothing lost."""

import errno
import json
import logging
import multiprocessing
import os
import random
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pluggy
import pytest

from nija_plugins import hookspecs
from nija_plugins.guard import Hooks
from nija_plugins.scaling import AutoScalingEngine
from nija_plugins.scaling import state as state_module
from nija_plugins.scaling import store as store_module
from nija_plugins.scaling.plugin import ScalingPlugin
from nija_plugins.scaling.state import ScalingState, parse_state
from nija_plugins.scaling.store import LOCK_TIMEOUT, StateFileError
from nija_plugins.settings import Settings
from tests.conftest import an_account

FORK = multiprocessing.get_context("fork")
"""What a test changes in a module holds in its processes too."""

TIERS = (10.0, 20.0, 300.0, 600.0, 1500.0)
"""An equity in each tier, and one below them all."""

EVERYTHING = 1_000_000
"""A `HISTORY_LIMIT` under which every transition of a test is still there at its end."""

Told = tuple[str | None, str | None, float]
"""What `check_and_scale` said: old tier, new tier, and the equity that names the call."""


@pytest.fixture
def state_file(tmp_path: Path) -> Path:
    return tmp_path / "user_data" / ".auto_scaling_state.json"


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]


class Kept(logging.Handler):
    """What a process logs as a warning or worse."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


# several processes at once


def _scale(path: Path, number: int, seconds: float, results: Any) -> None:
    """One bot: random equities, each unlike any other, for `seconds`."""
    kept = Kept()
    logging.getLogger("nija_plugins").addHandler(kept)
    chance = random.Random(number)
    engine = AutoScalingEngine(path, downgrade_buffer=0)
    told: list[Told] = []
    calls, longest = 0, 0.0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        calls += 1
        equity = chance.choice(TIERS) + number * 1e-1 + calls * 1e-6
        began = time.monotonic()
        scaled, old, new = engine.check_and_scale(equity)
        longest = max(longest, time.monotonic() - began)
        if scaled:
            told.append((old, new, equity))
    results.put((told, kept.lines, longest))


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
    assert [line for _, lines, _ in outcomes for line in lines] == []
    assert max(longest for *_, longest in outcomes) < LOCK_TIMEOUT / 2, "somebody nearly starved"
    state = parse_state(path.read_bytes())
    rows = state.upgrade_history
    told = Counter(one for told, *_ in outcomes for one in told)
    assert all(told_by for told_by, *_ in outcomes), "a process never got its turn"
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
    _compete(state_file, processes, seconds)


# kill -9


def _killed_equity(attempt: int, call: int) -> float:
    """Never the same twice, and in another tier at each call, so that each call writes."""
    return (300.0 if call % 2 else 600.0) + attempt * 1e-1 + call * 1e-6


def _change_until_killed(path: Path, attempt: int, pipe: int) -> None:
    """Says which call comes, makes it, says so; for ever."""
    engine = AutoScalingEngine(path, downgrade_buffer=0)
    call = 0
    while True:
        call += 1
        os.write(pipe, b"<")
        engine.check_and_scale(_killed_equity(attempt, call))
        os.write(pipe, b">")


def _kill_while_writing(path: Path, attempt: int, delay: float) -> bytes:
    """Everything the process said before it was killed, `delay` seconds after its first call."""
    receiving, sending = os.pipe()
    process = FORK.Process(target=_change_until_killed, args=(path, attempt, sending))
    process.start()
    os.close(sending)
    said = os.read(receiving, 1)
    time.sleep(delay)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    while more := os.read(receiving, 65536):
        said += more
    os.close(receiving)
    assert process.exitcode == -signal.SIGKILL
    return said


def _goes_on(path: Path, equity: float, caplog: pytest.LogCaptureFixture) -> float:
    """Another process scales at once, whatever was left behind; the seconds that took."""
    began = time.monotonic()
    scaled, _, new = AutoScalingEngine(path, 0).check_and_scale(equity, force=True)
    took = time.monotonic() - began
    assert scaled
    state = parse_state(path.read_bytes())
    assert (state.current_tier, state.last_equity) == (new, equity)
    assert {file.name for file in path.parent.iterdir()} == {path.name, f"{path.name}.lock"}
    assert errors(caplog) == []
    return took


@pytest.mark.parametrize("kills", [40, pytest.param(200, marks=pytest.mark.slow)])
def test_killed_at_any_moment_the_file_is_the_old_or_the_new_one(
    state_file: Path, kills: int, caplog: pytest.LogCaptureFixture
) -> None:
    chance = random.Random(kills)
    old: float | None = None
    half_written = 0
    waits = []
    for attempt in range(kills):
        said = _kill_while_writing(state_file, attempt, delay=chance.uniform(0, 0.02))
        done, begun = said.count(b">"), said.count(b"<")
        before = _killed_equity(attempt, done) if done else old
        allowed = {before, _killed_equity(attempt, begun)}
        half_written += state_file.with_name(state_file.name + ".tmp").exists()
        found = parse_state(state_file.read_bytes()) if state_file.exists() else ScalingState()
        assert found.last_equity in allowed
        rows = found.upgrade_history
        assert all(a.to_tier == b.from_tier for a, b in pairwise(rows))
        old = 1500.0 + attempt
        waits.append(_goes_on(state_file, old, caplog))
    assert half_written, "no kill came in the middle of a write"
    assert max(waits) < 1


def _die(*_args: Any, **_given: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _die_half_written(descriptor: int) -> None:
    os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
    _die()


def _die_at_the_second() -> Callable[[int], None]:
    calls = iter((os.fsync, _die))

    def fsync(descriptor: int) -> None:
        next(calls)(descriptor)

    return fsync


MOMENTS: dict[str, tuple[Any, str, Callable[..., Any], bool]] = {
    "before the first byte": (Path, "open", _die, False),
    "half written": (os, "fsync", _die_half_written, False),
    "written, not yet safe on disk": (os, "fsync", _die, False),
    "safe on disk, not yet in place": (os, "replace", _die, False),
    "in place, its directory not yet safe": (os, "fsync", _die_at_the_second(), True),
}
"""When to die: what is replaced by dying, and whether the new state is in the file by then."""


def _change_once(path: Path, moment: str) -> None:
    engine = AutoScalingEngine(path, 0)
    with pytest.MonkeyPatch.context() as patch:
        where, name, dying, _ = MOMENTS[moment]
        if where is Path:
            real = Path.open
            patch.setattr(
                Path, "open", lambda p, mode="r", *a, **k: _die() if "w" in mode else real(p, mode)
            )
        else:
            patch.setattr(where, name, dying)
        engine.check_and_scale(600)


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_each_step_of_a_write(
    state_file: Path, moment: str, caplog: pytest.LogCaptureFixture
) -> None:
    AutoScalingEngine(state_file, 0).check_and_scale(300)
    before = state_file.read_bytes()
    process = FORK.Process(target=_change_once, args=(state_file, moment))
    process.start()
    process.join(timeout=30)
    assert process.exitcode == -signal.SIGKILL
    arrived = MOMENTS[moment][3]
    assert parse_state(state_file.read_bytes()).last_equity == (600 if arrived else 300)
    assert arrived or state_file.read_bytes() == before
    assert _goes_on(state_file, 1500.0, caplog) < 1


# disks


class Clock:
    """A clock that is moved on by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 13, 7, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def wait(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16k,mode=755", "tmpfs", str(place)]
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a file system of its own")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no file system of its own here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(disk: Path) -> Path:
    """A file that takes every byte that is left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (4096, 1):
            while True:
                try:
                    file.write(b"x" * size)
                except OSError as error:
                    assert error.errno == errno.ENOSPC
                    break
    return filler


def one_line(caplog: pytest.LogCaptureFixture, path: Path, reason: str) -> None:
    """The log says once, in one line, which file and why, and what becomes of the tier."""
    (line,) = errors(caplog)
    assert line == (
        f"The scaling state {path} cannot be kept: {reason}. The tier goes on in memory."
    )


@pytest.mark.parametrize("fresh", [True, False])
def test_a_disk_that_is_full(
    tiny_disk: Path, clock: Clock, caplog: pytest.LogCaptureFixture, fresh: bool
) -> None:
    path = tiny_disk / "state.json"
    if not fresh:
        AutoScalingEngine(path, 5, clock=clock).check_and_scale(300)
    filler = fill(tiny_disk)
    before = path.read_bytes() if path.exists() else None
    engine = AutoScalingEngine(path, 5, clock=clock)
    assert engine.check_and_scale(600)[2] == "ADVANCED"
    for _ in range(30):
        clock.wait(minutes=1)
        assert engine.check_and_scale(490) == (False, "ADVANCED", "ADVANCED")
    one_line(caplog, path, "No space left on device")
    assert (path.read_bytes() if path.exists() else None) == before
    assert not path.with_name("state.json.tmp").exists()

    filler.unlink()
    clock.wait(minutes=1)
    with caplog.at_level(logging.INFO, "nija_plugins"):
        engine.check_and_scale(491)
    assert caplog.messages[-1] == f"The scaling state {path} can be written again."
    state = parse_state(path.read_bytes())
    assert (state.current_tier, state.last_equity) == ("ADVANCED", 491)
    assert [row.to_tier for row in state.upgrade_history][-1] == "ADVANCED"
    assert len(state.upgrade_history) == (1 if fresh else 2)


@pytest.mark.parametrize("fresh", [True, False])
def test_a_file_system_that_turned_read_only(
    tiny_disk: Path, clock: Clock, caplog: pytest.LogCaptureFixture, fresh: bool
) -> None:
    path = tiny_disk / "user_data" / "state.json"
    if not fresh:
        AutoScalingEngine(path, 5, clock=clock).check_and_scale(300)
    remount = ["mount", "-o", "remount,ro", str(tiny_disk)]
    if subprocess.run(remount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this system does not make a mounted file system read-only")
    began = time.monotonic()
    engine = AutoScalingEngine(path, 5, clock=clock)
    assert engine.current_tier is None if fresh else engine.current_tier.name == "GROWTH"
    for _ in range(30):
        clock.wait(minutes=1)
        assert engine.check_and_scale(600)[2] == "ADVANCED"
    assert time.monotonic() - began < 2
    one_line(caplog, path, "Read-only file system")
    assert path.exists() is not fresh
    assert fresh or parse_state(path.read_bytes()).current_tier == "GROWTH"


@pytest.mark.parametrize(
    ("code", "call"),
    [
        (errno.ENOSPC, "fsync"),
        (errno.ENOSPC, "replace"),
        (errno.EROFS, "replace"),
        (errno.EACCES, "replace"),
        (errno.EROFS, "open"),
        (errno.EACCES, "open"),
    ],
)
def test_a_call_that_fails(
    state_file: Path,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    code: int,
    call: str,
) -> None:
    AutoScalingEngine(state_file, 5, clock=clock).check_and_scale(300)
    before = state_file.read_bytes()

    def fail(*_args: Any, **_given: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(store_module.os, call, fail)  # `open` is what makes the lock
    engine = AutoScalingEngine(state_file, 5, clock=clock)
    monkeypatch.setattr(Path, "read_bytes", lambda _: before)  # os.open is what it would take
    began = time.monotonic()
    for _ in range(10):
        clock.wait(minutes=1)
        assert engine.check_and_scale(600)[2] == "ADVANCED"
    took = time.monotonic() - began
    monkeypatch.undo()
    one_line(caplog, state_file, os.strerror(code))
    assert state_file.read_bytes() == before
    assert took < 2


def test_a_shared_folder_that_cannot_sync_a_directory_is_no_failure(
    state_file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    AutoScalingEngine(state_file).check_and_scale(300)
    assert parse_state(state_file.read_bytes()).current_tier == "GROWTH"
    assert errors(caplog) == []


# permissions, as somebody who is not root


NOBODY = 65534


@pytest.fixture
def anybodys(tmp_path: Path) -> Iterator[Path]:
    """A directory below which file modes decide, not those of pytest's own directories."""
    if os.geteuid() != 0:
        yield tmp_path
        return
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o777)
        yield Path(place)


def _scale_as_anybody(path: Path, results: Any) -> None:
    kept = Kept()
    logging.getLogger("nija_plugins").addHandler(kept)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    began = time.monotonic()
    engine = AutoScalingEngine(path, 5)
    found = engine.current_tier
    for _ in range(5):
        told = engine.check_and_scale(600)
    results.put((found and found.name, told[2], kept.lines, time.monotonic() - began))


Outcome = tuple[str | None, str | None, list[str], float]


def as_anybody(path: Path) -> Outcome:
    """The tier at the start and at the end, the log, and the seconds, of a process on `path`."""
    results = FORK.Queue()
    process = FORK.Process(target=_scale_as_anybody, args=(path, results))
    process.start()
    outcome: Outcome = results.get(timeout=60)
    process.join()
    return outcome


@pytest.mark.parametrize(
    ("file_mode", "folder_mode", "lock", "at_start", "kept"),
    [
        (0o444, 0o755, True, "GROWTH", True),  # a rename asks the folder, not the file
        (0o000, 0o755, True, None, False),
        (0o644, 0o555, True, "GROWTH", False),
        (0o644, 0o555, False, "GROWTH", False),
        (0o644, 0o000, True, None, False),
    ],
)
def test_permissions(
    anybodys: Path,
    file_mode: int,
    folder_mode: int,
    lock: bool,
    at_start: str | None,
    kept: bool,
) -> None:
    path = (anybodys / "user_data" / "state.json").resolve()
    AutoScalingEngine(path, 5).check_and_scale(300)
    before = path.read_bytes()
    beside = path.with_name("state.json.lock")
    if not lock:
        beside.unlink()
    path.chmod(file_mode)
    path.parent.chmod(folder_mode)
    if os.geteuid() == 0:
        for one in path.parent, path, *([beside] if lock else []):
            os.chown(one, NOBODY, NOBODY)
    try:
        found, tier, lines, seconds = as_anybody(path)
    finally:
        path.parent.chmod(0o755)
        path.chmod(0o644)
    assert (found, tier) == (at_start, "ADVANCED")
    assert seconds < 2
    if kept:
        assert lines == []
        assert parse_state(path.read_bytes()).current_tier == "ADVANCED"
    else:
        (line,) = lines
        assert line == (
            f"The scaling state {path} cannot be kept: Permission denied. "
            "The tier goes on in memory."
        )
        assert path.read_bytes() == before


# something else in its place


def test_a_directory_in_its_place(
    state_file: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    state_file.mkdir(parents=True)
    (state_file / "precious").write_text("somebody's")
    engine = AutoScalingEngine(state_file, 5, clock=clock)
    for _ in range(5):
        clock.wait(minutes=1)
        assert engine.check_and_scale(300)[2] == "GROWTH"
    one_line(caplog, state_file, "Is a directory")
    assert (state_file / "precious").read_text() == "somebody's"
    assert not state_file.with_name(state_file.name + ".tmp").exists()


def test_a_file_of_a_newer_nija_ends_the_start_and_stays(state_file: Path) -> None:
    state_file.parent.mkdir()
    content = json.dumps({"schema_version": 2, "tiers": ["something new"]}).encode()
    state_file.write_bytes(content)
    for _ in range(3):
        with pytest.raises(StateFileError) as caught:
            AutoScalingEngine(state_file)
        assert str(caught.value) == (
            f"The scaling state {state_file} was written by a newer NIJA: its schema version is "
            "2, this NIJA knows 1. Update NIJA, or move the file away to start afresh."
        )
    assert state_file.read_bytes() == content
    assert [file.name for file in state_file.parent.iterdir()] == [state_file.name]


def test_a_file_of_a_newer_nija_that_appears_while_running_refuses_entries(
    state_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = AutoScalingEngine(state_file)
    manager = pluggy.PluginManager("nija")
    manager.add_hookspecs(hookspecs)
    scaling = ScalingPlugin(engine, Settings())
    manager.register(scaling, name="scaling")
    hooks = Hooks(manager)
    assert hooks.tell("nija_equity", account=an_account(300.0))
    content = b'{"schema_version": 2}'
    state_file.write_bytes(content)
    for _ in range(5):
        hooks.begin_loop()
        # A loop that tells False was not followed, and enters nothing.
        assert not hooks.tell("nija_equity", account=an_account(1500.0))
    (line,) = errors(caplog)
    assert "\n" not in line
    assert f"The scaling state {state_file} was written by a newer NIJA" in line
    assert scaling.tier is not None
    assert scaling.tier.name == "GROWTH"
    assert state_file.read_bytes() == content
