"""A disk that fails keeps the old state file, and the bot goes on."""

import errno
import os
from pathlib import Path

import pytest
from filelock import FileLock

from nija_plugins.scaling import store as store_module
from tests.state_files import Clock, Start, fail_with, stored, warned


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
    (error,) = warned(caplog)  # once, not once a loop
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
    assert len(warned(caplog)) == 1


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
    assert len(warned(caplog)) == 1
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
    (error,) = warned(caplog)
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
