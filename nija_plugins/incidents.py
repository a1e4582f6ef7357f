"""What went wrong lately: the history behind the error shut-off (risk/errors.py).

One incident per cause until the cause clears: a wallet that cannot be read for an hour is one
incident, not seven hundred.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(hours=1)
"""Incidents older than this no longer count."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Something failed at `time` (UTC). `cause` identifies it, `sentence` tells a person."""

    time: datetime
    cause: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Incidents:
    """The incidents of the last hour, and the causes that have not cleared since they failed."""

    recent: tuple[Incident, ...] = ()
    lasting: frozenset[str] = frozenset()

    def after(self, now: datetime, failing: Mapping[str, str]) -> "Incidents":
        """The incidents after a loop at `now` that found these causes failing (cause → sentence).

        A cause that was failing before adds nothing; one that no longer fails has cleared.
        """
        if not failing and not self.recent and not self.lasting:
            return self
        kept = tuple(one for one in self.recent if now - one.time < WINDOW)
        new = tuple(
            Incident(now, cause, sentence)
            for cause, sentence in failing.items()
            if cause not in self.lasting
        )
        return Incidents(kept + new, frozenset(failing))

    def forgiven(self) -> "Incidents":
        """The incidents after a person unlocked: none, and what still fails is known to."""
        return Incidents(lasting=self.lasting)
