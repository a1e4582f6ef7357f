"""Loss limits: what is locked when one is reached, and what follows when a lock ends."""

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from nija_plugins import locks
from nija_plugins.account import Account, Benchmarks
from nija_plugins.brokers import levels
from nija_plugins.entry import EntryRequest
from nija_plugins.live.cash_flows import share_of
from nija_plugins.records.decisions import decided
from nija_plugins.records.refusals import Reason
from nija_plugins.risk import limits
from nija_plugins.run.base import RunBase

logger = logging.getLogger(__name__)


class Locking(RunBase):
    """What the account has earned."""

    def keep_limits(self, account: Account) -> bool:
        """Draws the consequences of locks that have ended, by time or by a person, then locks what
        the account has earned. True when the account must be looked at again."""
        active = frozenset(reason for reason, _ in account.locks)
        ended = self.memory.locked - active
        waiting = frozenset[str]()
        if locks.DRAWDOWN in ended and not self._may_restart(account):
            waiting = ended & {locks.DRAWDOWN}
        ended -= waiting
        for reason in ended:
            account = self._unlocked(reason, account)
        begun = [
            due.reason
            for due in limits.due(account, self.settings)
            if self._lock(due, account.time)
        ]
        locked = active.union(begun, waiting)
        if ended or begun or locked != self.memory.locked:
            self.trades_changed = True
            self.memory = replace(self.memory, locked=locked)
        return bool(ended or begun)

    def _may_restart(self, account: Account) -> bool:
        """Whether the peak may restart: once the equity is known, and the portfolio agrees."""
        if account.problem is not None:
            return False
        if self.portfolio is None:
            return True
        marks = replace(account.benchmarks, peak=account.equity)
        return self.portfolio.restart(self._before_flow(marks, account.equity), account.time)

    def _unlocked(self, reason: str, account: Account) -> Account:
        """The account after the end of a lock, which the memory takes note of."""
        sentence = f"{reason} has ended."
        if reason == locks.DRAWDOWN:
            sentence = f"{reason} has ended: the peak restarts at ${account.equity:.2f}."
        logger.info(decided("lock_lifted", sentence, reason=reason, equity=account.equity))
        if reason == locks.DRAWDOWN:
            marks = replace(account.benchmarks, peak=account.equity)
            # Candles from before count no longer, and what a flow scaled is scaled again.
            uncounted = self._before_flow(marks, account.equity)
            mine = levels.own_share(uncounted, account.own_equity, account.equity)
            self.memory = replace(self.memory, benchmarks=mine, seen=account.time)
            return replace(account, benchmarks=marks)
        if reason == locks.ERRORS:
            self.memory = replace(self.memory, incidents=self.memory.incidents.forgiven())
            return replace(account, incidents=())
        return account

    def _before_flow(self, marks: Benchmarks, worth: float) -> Benchmarks:
        """`marks` without the flow that they count and the memory does not count yet."""
        flow = self.live.flow if self.live is not None else 0.0
        share = share_of(flow, worth)
        return marks.scaled(1 / share) if flow and share else marks

    def reach_limits(
        self,
        reasons: tuple[Reason, ...],
        account: Account,
        smallest: Iterable[EntryRequest],
    ) -> None:
        """Locks for a loss limit that counts as reached (see `risk.limits.reached`); not while the
        account is in doubt."""
        if account.problem is not None or account.unsettled:
            return
        rules = frozenset(reason.rule for reason in reasons)
        reached = limits.reached(rules, account, smallest, self.settings)
        begun = {lock.reason for lock in reached if self._lock(lock, account.time)}
        if begun:
            self.memory = replace(self.memory, locked=self.memory.locked | begun)
            self.keep_memory(account)  # a person may unlock before the next loop

    def _lock(self, lock: limits.Lock, now: datetime) -> bool:
        """False when that lock is active already."""
        if lock.reason in locks.active(now):
            return False
        locks.lock_all(lock.reason, lock.until, now)
        for_good = lock.until - now > timedelta(days=3650)
        until = "a person unlocks" if for_good else f"{lock.until:%Y-%m-%d %H:%M} UTC"
        text = f"{lock.reason}: no entries until {until}. {locks.UNLOCKING[lock.reason]}"
        logger.warning(
            decided("lock_begun", text, reason=lock.reason, until=None if for_good else lock.until)
        )
        if self.live is not None:
            self.live.alert(text)
        return True
