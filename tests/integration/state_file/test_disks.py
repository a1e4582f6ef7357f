"""The state file on disks that are full, read-only, or fail at a call."""

import errno
import logging
import os
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nija_plugins.scaling import AutoScalingEngine
from nija_plugins.scaling import store as store_module
from nija_plugins.scaling.state import parse_state
from tests.integration.state_file.processes import one_line
from tests.state_files import Clock, fail_with, warned


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
        clock.advance(minutes=1)
        assert engine.check_and_scale(490) == (False, "ADVANCED", "ADVANCED")
    one_line(caplog, path, "No space left on device")
    assert (path.read_bytes() if path.exists() else None) == before
    assert not path.with_name("state.json.tmp").exists()

    filler.unlink()
    clock.advance(minutes=1)
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
        clock.advance(minutes=1)
        assert engine.check_and_scale(600)[2] == "ADVANCED"
    assert time.monotonic() - began < store_module.LOCK_TIMEOUT  # nobody waited for the lock
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
    monkeypatch.setattr(store_module.os, call, fail_with(code))  # `open` is what makes the lock
    engine = AutoScalingEngine(state_file, 5, clock=clock)
    monkeypatch.setattr(Path, "read_bytes", lambda _: before)  # os.open is what it would take
    began = time.monotonic()
    for _ in range(10):
        clock.advance(minutes=1)
        assert engine.check_and_scale(600)[2] == "ADVANCED"
    took = time.monotonic() - began
    monkeypatch.undo()
    one_line(caplog, state_file, os.strerror(code))
    assert state_file.read_bytes() == before
    assert took < store_module.LOCK_TIMEOUT


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
    assert warned(caplog) == []
