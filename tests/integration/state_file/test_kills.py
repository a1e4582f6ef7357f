"""kill -9 at any instant: the file is the old or the new one, and the next process goes on."""

import os
import random
import signal
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from nija_plugins.scaling import AutoScalingEngine
from nija_plugins.scaling.state import ScalingState, parse_state
from nija_plugins.scaling.store import LOCK_TIMEOUT
from tests.integration.state_file.processes import FORK
from tests.state_files import warned


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
    assert warned(caplog) == []
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
    assert max(waits) < LOCK_TIMEOUT


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
    assert _goes_on(state_file, 1500.0, caplog) < LOCK_TIMEOUT
