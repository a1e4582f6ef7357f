"""What the bot may not read or write: the state file, its folder, the lock. Not as root."""

import logging
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nija_plugins.scaling import AutoScalingEngine
from nija_plugins.scaling.state import parse_state
from nija_plugins.scaling.store import LOCK_TIMEOUT
from tests.integration.state_file.processes import FORK, Kept

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
    assert seconds < LOCK_TIMEOUT
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
