"""NIJA's locks, kept where freqtrade keeps its own: /locks, FreqUI and the database show them, and
whatever unlocks them there unlocks them here.

A lock is known by its reason; all but `UNRECONCILED` are for all pairs ("*").
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

ALL = "*"
DRAWDOWN, DAY, STREAK = "nija_drawdown", "nija_daily_loss", "nija_streak"
ERRORS, UNRECONCILED = "nija_errors", "nija_unreconciled"

AFTER_EXIT = "Auto lock"
"""freqtrade's reason for locking a pair after each exit until the candle ends."""

UNKNOWN = "unknown"
"""What a lock is called that somebody made without a reason."""

FOR_GOOD = timedelta(days=36_500)
"""Until a person unlocks."""

UNLOCKING: Mapping[str, str] = {
    DRAWDOWN: "Everything is closed. Unlocking restarts the peak at the present equity.",
    DAY: "It ends at 00:00 UTC. Unlocking earlier changes nothing: the day's budget is used up.",
    STREAK: "It ends after 24 hours. Unlocking starts the count of losses anew.",
    ERRORS: "Find the cause first. Unlocking forgets the incidents so far.",
    UNRECONCILED: "Use `nija reconcile`: unlocking alone does not explain the holding.",
}
"""What ends each lock, and what unlocking it by hand means."""


def lock_all(reason: str, until: datetime, now: datetime) -> None:
    """Locks every pair from `now` to `until` (UTC). freqtrade rounds the end up to a candle, and
    00:00 up to the next one, so it is told a second less."""
    _kept().lock_pair(ALL, until - timedelta(seconds=1), reason, now=now)


def lock_pair(pair: str, reason: str, now: datetime) -> None:
    """Locks one pair until the reason is gone or a person unlocks."""
    _kept().lock_pair(pair, now + FOR_GOOD, reason, now=now)


def release(pair: str, reason: str, now: datetime) -> bool:
    """Ends the locks of `pair` (or `ALL`) that have this reason, `UNKNOWN` for those without one;
    False when there was none."""
    locks = _kept().get_pair_locks(pair, now)
    found = [lock for lock in locks if (lock.reason or UNKNOWN) == reason]
    for lock in found:
        lock.active = False
        lock.lock_end_time = now
    if found and _kept().use_db:
        from freqtrade.persistence.pairlock import PairLock

        PairLock.session.commit()
    return bool(found)


def active(now: datetime) -> dict[str, datetime]:
    """The reasons for which all pairs are locked at `now`, each with its end (UTC)."""
    return {
        lock.reason or UNKNOWN: _utc(lock.lock_end_time)
        for lock in _kept().get_pair_locks(ALL, now)
    }


def on_pair(pair: str, now: datetime) -> tuple[tuple[str, datetime], ...]:
    """The locks of `pair` alone at `now` that a person, a protection or NIJA made, as (reason, end
    in UTC). Not freqtrade's own after an exit: that is for its signals."""
    return tuple(
        (lock.reason or UNKNOWN, _utc(lock.lock_end_time))
        for lock in _kept().get_pair_locks(pair, now, "long")
        if lock.reason != AFTER_EXIT
    )


def every(now: datetime) -> tuple[tuple[str, str, datetime], ...]:
    """Every active lock as (pair, reason, end in UTC), freqtrade's own included."""
    return tuple(
        (lock.pair, lock.reason or UNKNOWN, _utc(lock.lock_end_time))
        for lock in _kept().get_pair_locks(None, now)
    )


def last_began(reason: str) -> datetime | None:
    """When the latest lock for `reason` began, active or not, or None."""
    began = [
        _utc(lock.lock_time)
        for lock in _kept().get_all_locks()
        if lock.pair == ALL and lock.reason == reason
    ]
    return max(began, default=None)


def _kept() -> Any:
    from freqtrade.persistence import PairLocks  # seconds, which nobody waits for to know a name

    return PairLocks


def _utc(moment: datetime) -> datetime:
    """freqtrade's database keeps UTC without saying so."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
