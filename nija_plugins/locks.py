"""NIJA's locks, kept where freqtrade keeps its own: /locks, FreqUI and the database show them, and
whatever unlocks them there unlocks them here.

A lock is for all pairs ("*") and known by its reason.
"""

from datetime import UTC, datetime, timedelta

from freqtrade.persistence import PairLocks

ALL = "*"
DRAWDOWN, DAY, STREAK = "nija_drawdown", "nija_daily_loss", "nija_streak"

FOR_GOOD = timedelta(days=36_500)
"""Until a person unlocks."""


def lock_all(reason: str, until: datetime, now: datetime) -> None:
    """Locks every pair from `now` to `until` (UTC). freqtrade rounds the end up to a candle, and
    00:00 up to the next one, so it is told a second less."""
    PairLocks.lock_pair(ALL, until - timedelta(seconds=1), reason, now=now)


def active(now: datetime) -> dict[str, datetime]:
    """The reasons for which all pairs are locked at `now`, each with its end (UTC)."""
    return {
        lock.reason or "unknown": _utc(lock.lock_end_time)
        for lock in PairLocks.get_pair_locks(ALL, now)
    }


def last_began(reason: str) -> datetime | None:
    """When the latest lock for `reason` began, active or not, or None."""
    began = [
        _utc(lock.lock_time)
        for lock in PairLocks.get_all_locks()
        if lock.pair == ALL and lock.reason == reason
    ]
    return max(began, default=None)


def _utc(moment: datetime) -> datetime:
    """freqtrade's database keeps UTC without saying so."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
