"""The state manager: the tier's memory, shared with the other processes on the same file."""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nija_plugins.scaling.state import DamagedStateError, ScalingState
from nija_plugins.scaling.store import StateFile

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]

QUIET_WRITES = timedelta(minutes=1)
"""Between two writes that save nothing but the last equity, or that repeat a failed one: a loop
ticks every few seconds, and a home server's SD card should not be worn out by it."""


def utc_now() -> datetime:
    """The wall clock; everything that needs it takes it as a parameter."""
    return datetime.now(UTC)


class StateManager:
    """Remembers the tier; `path` None is memory only, and touches no disk.

    A disk that fails does not stop trading: the failure is logged, the old file stays whole, and
    the state goes on in memory until it can be written again.
    """

    def __init__(
        self, path: Path | None, account: str | None = None, clock: Clock = utc_now
    ) -> None:
        self.file = None if path is None else StateFile(path)
        self.account = account
        self.clock = clock
        self._state = ScalingState(account=account)
        self._seen: ScalingState | None = None  # what the file held when we last knew
        self._last_attempt: datetime | None = None
        self._failure: str | None = None
        self.restart()

    @property
    def state(self) -> ScalingState:
        """The present state, as this process knows it."""
        return self._state

    def get_current_tier(self) -> str | None:
        """The name of the current tier."""
        return self._state.current_tier

    def get_upgrade_history(self) -> list[dict[str, Any]]:
        """All remembered changes, oldest first, with ISO timestamps (UTC)."""
        return [row.model_dump(mode="json") for row in self._state.upgrade_history]

    def restart(self) -> None:
        """Begins again from what the file says; in memory, from nothing.

        Raises StateFileError when the file is a newer NIJA's.
        """
        self._state = ScalingState(account=self.account)
        self._seen = None
        self._last_attempt = None
        if self.file is None:
            return
        try:
            try:
                found = self.file.read()
            except DamagedStateError:
                with self.file.locked():
                    found = self.file.read_or_set_aside(self.clock())
        except OSError as error:
            self._failed(error)
        else:
            self._state = self._adopt(found)

    def update(
        self, change: Callable[[ScalingState], ScalingState], now: datetime | None = None
    ) -> None:
        """Applies `change` to the newest state, under the lock, and saves the result.

        `change` is called exactly once; when it raises, nothing has changed.
        """
        if self.file is None:
            self._state = change(self._state)
            return
        now = now or self.clock()
        with ExitStack() as lock:
            writable = True
            before = self._state
            try:
                lock.enter_context(self.file.locked())
                before = self._newest(self.file.read_or_set_aside(now))
            except OSError as error:
                self._failed(error)
                writable = False
            after = self._state = change(before)
            if writable and self._worth_writing(before, after, now):
                self._write(self.file, after, now)

    def _newest(self, found: ScalingState) -> ScalingState:
        """What the file holds when another process wrote it since, else what we know."""
        if found == self._seen:
            return self._state
        ours = None if self._seen is None else self._seen.account
        if ours is not None and found.account not in (ours, None):
            # Adopting it would have two accounts overwrite each other's tier at every loop.
            raise OSError(
                f"another account ({found.account}) is using the same file; "
                "give each account its own"
            )
        return self._adopt(found)

    def _adopt(self, found: ScalingState) -> ScalingState:
        self._seen = found
        if self.account is None or found.account == self.account:
            return found
        if found.current_tier is not None:
            logger.info(
                "The scaling state is of the account %s; %s starts without a tier.",
                found.account or "(unnamed)",
                self.account,
            )
        return found.fresh_start(self.account)

    def _worth_writing(self, before: ScalingState, after: ScalingState, now: datetime) -> bool:
        if after == self._seen:
            return False
        if after.upgrade_history != before.upgrade_history or self._last_attempt is None:
            return True
        return abs(now - self._last_attempt) >= QUIET_WRITES

    def _write(self, file: StateFile, state: ScalingState, now: datetime) -> None:
        self._last_attempt = now
        try:
            file.write(state)
        except OSError as error:
            self._failed(error)
            return
        self._seen = state
        if self._failure is not None:
            logger.info("The scaling state %s can be written again.", file.path)
            self._failure = None

    def _failed(self, error: OSError) -> None:
        """One line per kind of failure, not one per loop."""
        assert self.file is not None
        reason = error.strerror or str(error)
        if reason != self._failure:
            logger.error(
                "The scaling state %s cannot be kept: %s. The tier goes on in memory.",
                self.file.path,
                reason,
            )
        self._failure = reason
