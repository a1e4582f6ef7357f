"""A Dask scheduler and workers as processes of their own, which run where nothing of a house is."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NIJA = str(Path(sys.executable).with_name("nija"))
DASK = str(Path(sys.executable).with_name("dask"))


@dataclass(frozen=True)
class Cluster:
    """`address` is the scheduler's; `worker` starts a worker with one thread and nobody who starts
    it again."""

    address: str
    worker: Callable[[], "subprocess.Popen[str]"]


@contextmanager
def process(
    *command: str, cwd: Path, env: dict[str, str] | None = None, **options: Any
) -> Iterator[subprocess.Popen[str]]:
    """`command` in a session of its own, with `env` on top of ours; killed in the end."""
    # A shell that began us in the background has SIGINT ignored, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    started = subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        start_new_session=True,
        text=True,
        **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **options},
    )
    try:
        yield started
    finally:
        if started.poll() is None:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()


@contextmanager
def cluster_in(elsewhere: Path) -> Iterator[Cluster]:
    """A cluster on 127.0.0.1 whose processes run in the folder `elsewhere`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    with ExitStack() as stack:

        def start(*words: str) -> "subprocess.Popen[str]":
            return stack.enter_context(process(DASK, *words, "--no-dashboard", cwd=elsewhere))

        start("scheduler", "--host", "127.0.0.1", "--port", str(port))
        yield Cluster(address, lambda: start("worker", address, "--nthreads", "1", "--no-nanny"))
