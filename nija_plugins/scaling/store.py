"""The state file: written whole or not at all, readable at any instant."""

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock
from freqtrade.exceptions import OperationalException

from nija_plugins.scaling.state import (
    DamagedStateError,
    FutureStateError,
    ScalingState,
    parse_state,
)

logger = logging.getLogger(__name__)

LOCK_TIMEOUT = 5.0
"""Seconds to wait for another process; it holds the lock for milliseconds."""

LOCK_POLL = 0.002
"""Seconds between two tries. The lock knows no queue: at filelock's usual 0.05 a process that
scales in a loop lets another one starve past the timeout, and its transition is lost."""


class StateFileError(OperationalException):
    """A state file that must not be touched; the message says what to do."""


class StateFile:
    """One state file. A file that others replace is read anew each time."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the lock beside the file; raises OSError when it cannot be had."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self._beside(".lock"), timeout=LOCK_TIMEOUT, poll_interval=LOCK_POLL):
            yield

    def read(self) -> ScalingState:
        """The state in the file; without a file, or with an empty one, an untouched state.

        Raises DamagedStateError, OSError, or StateFileError for a newer NIJA's file.
        """
        try:
            return parse_state(self.path.read_bytes())
        except FileNotFoundError:
            return ScalingState()
        except FutureStateError as error:
            raise StateFileError(
                f"The scaling state {self.path} was written by a newer NIJA: {error}. "
                "Update NIJA, or move the file away to start afresh."
            ) from None

    def read_or_set_aside(self, now: datetime) -> ScalingState:
        """As `read`, but a damaged file is kept under a dated name. Call under the lock."""
        try:
            return self.read()
        except DamagedStateError as error:
            aside = self._set_aside(now)
            logger.warning(
                "The scaling state %s is damaged (%s): set aside as %s, starting afresh.",
                self.path,
                error,
                aside.name,
            )
            return ScalingState()

    def write(self, state: ScalingState) -> None:
        """Replaces the file's content at once. Call under the lock. Raises OSError."""
        temporary = self._beside(".tmp")
        try:
            with temporary.open("wb") as file:
                file.write(state.to_json())
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.path)  # noqa: PTH105 - the call tests make fail
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        _sync_directory(self.path.parent)

    def _set_aside(self, now: datetime) -> Path:
        dated = f".damaged-{now:%Y%m%dT%H%M%SZ}"
        aside = self._beside(dated)
        attempt = 1
        while aside.exists():
            attempt += 1
            aside = self._beside(f"{dated}-{attempt}")
        self.path.rename(aside)
        return aside

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)


def _sync_directory(directory: Path) -> None:
    """Makes a rename survive a power cut, where the system can do that (Windows cannot)."""
    if os.name != "posix":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some shared folders cannot sync a directory; the new content is in place all the same.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)
