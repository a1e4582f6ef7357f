"""Whole processes, timed from outside; peak memory as the process itself knows it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


class Failed(RuntimeError):
    """A measured process failed; the message is the end of what it printed."""


@dataclass(frozen=True, slots=True)
class Cost:
    """`wall` and `cpu` in seconds, `peak` memory in MB where the process told it; `facts` is
    whatever else it told."""

    wall: float
    cpu: float
    peak: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)


def measured(
    command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
) -> Cost:
    """Runs `command` with `environment` on top of ours and this Python's modules. The process may
    write its facts as JSON into the file named by BENCH_FACTS. Raises Failed."""
    told = log.with_suffix(".json")
    told.unlink(missing_ok=True)
    ours = {**os.environ, "PYTHONPATH": str(ROOT), "BENCH_FACTS": str(told)}
    with log.open("w") as output:
        began = perf_counter()
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**ours, **(environment or {})},
            cwd=log.parent,
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise Failed("\n".join(log.read_text(errors="replace").splitlines()[-15:]))
    facts = json.loads(told.read_text()) if told.is_file() else {}
    return Cost(wall, used.ru_utime + used.ru_stime, facts.get("peak", 0.0), facts)


def tell(**facts: Any) -> None:
    """What a measured process has to say, its peak memory included."""
    Path(os.environ["BENCH_FACTS"]).write_text(json.dumps({"peak": peak_memory(), **facts}))


def peak_memory() -> float:
    """This process's own peak, in MB. Not getrusage's: that counts what the parent had."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def interleaved(
    variants: Mapping[str, Callable[[], Cost]],
    rounds: int,
    said: Callable[[str], None],
    warm_up: bool = True,
) -> dict[str, list[Cost]]:
    """Each variant `rounds` times, in turn, after a warm-up that does not count."""
    found: dict[str, list[Cost]] = {name: [] for name in variants}
    for number in range(-warm_up, rounds):
        for name, run in variants.items():
            cost = run()
            said(f"{name}: {cost.wall:.2f} s{'' if number >= 0 else ' (warm-up)'}")
            if number >= 0:
                found[name].append(cost)
    return found


def wall(costs: Sequence[Cost]) -> float:
    """The median wall time, in seconds."""
    return median(one.wall for one in costs)


def peak(costs: Sequence[Cost]) -> float:
    """The median peak memory, in MB."""
    return median(one.peak for one in costs)


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs one of this folder's modules."""
    return [sys.executable, "-m", module, *arguments]
