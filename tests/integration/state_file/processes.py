"""What these tests share: processes that begin as copies of the test's, and what is logged."""

import logging
import multiprocessing
from pathlib import Path

import pytest

from tests.state_files import warned

FORK = multiprocessing.get_context("fork")
"""What a test changes in a module holds in its processes too."""


class Kept(logging.Handler):
    """What a process logs as a warning or worse."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def one_line(caplog: pytest.LogCaptureFixture, path: Path, reason: str) -> None:
    """The log says once, in one line, which file and why, and what becomes of the tier."""
    (line,) = warned(caplog)
    assert line == (
        f"The scaling state {path} cannot be kept: {reason}. The tier goes on in memory."
    )
