"""Which locks an account has earned. Each rule stands without its lock; the lock makes it last and
shows it in /locks and FreqUI."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from nija_plugins import locks
from nija_plugins.account import Account
from nija_plugins.entry import EntryRequest
from nija_plugins.risk import daily_loss, drawdown, errors, streak
from nija_plugins.risk.floors import day_floor, drawdown_floor
from nija_plugins.settings import Settings

STREAK_PAUSE = timedelta(hours=24)

LOSS_LIMITS = (
    ("risk.drawdown", drawdown.nija_veto, locks.DRAWDOWN),
    ("risk.daily_loss", daily_loss.nija_veto, locks.DAY),
)
"""Each limit's rule, its veto and the reason of its lock."""


@dataclass(frozen=True, slots=True)
class Lock:
    """Entries into all pairs end for `reason` until `until` (UTC)."""

    reason: str
    until: datetime


def due(account: Account, settings: Settings) -> Iterator[Lock]:
    """The locks that this account, as it is, calls for: a losing streak, too many incidents, an
    equity that stands on or below a floor (if it is known)."""
    now, benchmarks = account.time, account.benchmarks
    if streak.nija_veto(account, settings):
        yield Lock(locks.STREAK, now + STREAK_PAUSE)
    if errors.nija_veto(account, settings):
        yield Lock(locks.ERRORS, now + locks.FOR_GOOD)
    if account.problem is not None:
        return  # its equity is not known
    # An account without money has no floor to fall to: it waits for its first deposit.
    if 0 < account.equity <= drawdown_floor(benchmarks, settings):
        yield Lock(locks.DRAWDOWN, _end_of(locks.DRAWDOWN, now, settings))
    if 0 < account.equity <= day_floor(benchmarks, settings):
        yield Lock(locks.DAY, _end_of(locks.DAY, now, settings))


def reached(
    rules: frozenset[str], account: Account, requests: Iterable[EntryRequest], settings: Settings
) -> Iterator[Lock]:
    """The locks for loss limits whose `rules` objected and that count as reached: nothing is open,
    and what is left of the budget carries the smallest lot of no pair. `requests` are entries into
    each pair as they would be now."""
    limits = [limit for limit in LOSS_LIMITS if limit[0] in rules]
    asked = list(requests) if limits and not account.open_positions else []
    for _, veto, reason in limits:
        if asked and all(veto(one, account, settings) for one in asked):
            yield Lock(reason, _end_of(reason, account.time, settings))


def _end_of(reason: str, now: datetime, settings: Settings) -> datetime:
    if reason == locks.DAY:
        return datetime.combine(now.date() + timedelta(days=1), time.min, UTC)
    days = settings.drawdown_pause_days
    return now + (locks.FOR_GOOD if days is None else timedelta(days=days))
