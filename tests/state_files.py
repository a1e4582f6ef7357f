"""What tests of the scaling's state file share, in one process and in several."""

import json
import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nija_plugins.scaling import AutoScalingEngine

NOW = datetime(2026, 11, 22, 13, 7, tzinfo=UTC)

Start = Callable[..., AutoScalingEngine]
"""Makes an engine as a new process would."""


class Clock:
    """A clock that is moved on by hand, from NOW."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        """By `minutes=1`, say."""
        self.now += timedelta(**by)


def stored(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_bytes())
    return content


def fail_with(code: int) -> Callable[..., None]:
    """A function that fails as the operating system does."""

    def _fail(*_args: object, **_kwargs: object) -> None:
        raise OSError(code, os.strerror(code))

    return _fail


def warned(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged as a warning or worse."""
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
