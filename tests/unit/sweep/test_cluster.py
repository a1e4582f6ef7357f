"""A sweep's own workers, and a Ctrl-C while they start."""

import os
import signal
from types import TracebackType

import pytest

from nija_plugins.sweep import run


class Interrupted:
    """A cluster in whose start somebody presses Ctrl-C."""

    closed = 0

    def __init__(self, **_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    def __enter__(self) -> "Interrupted":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        assert kind is KeyboardInterrupt
        Interrupted.closed += 1


def test_ctrl_c_while_the_workers_start_ends_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dask closed them itself at Python's end, with a traceback."""
    monkeypatch.setattr(run, "LocalCluster", Interrupted)
    # As at a terminal; processes of pytest-xdist ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), run.cluster(None, 1):
            pytest.fail("it began all the same")
    finally:
        signal.signal(signal.SIGINT, before)
    assert Interrupted.closed == 1
