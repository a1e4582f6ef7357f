"""Candidates that no callback ever saw: freqtrade asks nobody when a pair is locked, already open,
or when all slots are taken."""

from dataclasses import dataclass, field
from datetime import datetime

from freqtrade.persistence import PairLocks, Trade

from nija_plugins import locks
from nija_plugins.records.refusals import Reason


@dataclass
class Unseen:
    """Which candidates wait to be asked about; one that still waits a loop later was passed over.

    A candidate is a pair and the time its candle ended.
    """

    _waiting: dict[str, tuple[datetime, Reason]] = field(default_factory=dict)
    _done: dict[str, datetime] = field(default_factory=dict)

    def expect(self, pair: str, ended: datetime, obstacle: Reason) -> None:
        """A candidate stands before `obstacle` at the beginning of a loop."""
        if self._done.get(pair) != ended:
            self._waiting[pair] = (ended, obstacle)

    def judged(self, pair: str, ended: datetime) -> None:
        """A callback saw the candidate after all."""
        self._done[pair] = ended
        self._waiting.pop(pair, None)

    def passed_over(self) -> list[tuple[str, datetime, Reason]]:
        """The candidates of earlier loops that nobody asked about, each returned once."""
        found = [(pair, ended, obstacle) for pair, (ended, obstacle) in self._waiting.items()]
        for pair, ended, _ in found:
            self._done[pair] = ended
        self._waiting.clear()
        return found


def passed_over_because(pair: str, now: datetime, slots: float) -> Reason | None:
    """What keeps freqtrade from asking about an entry into `pair` at `now`, or None."""
    open_trades = Trade.get_trades_proxy(is_open=True)
    if any(trade.pair == pair for trade in open_trades):
        return Reason("engine.position_open", f"A position in {pair} is open.")
    if PairLocks.is_pair_locked(pair, now, "long"):
        lock = PairLocks.get_pair_longest_lock(pair, now, "long")
        why = f" ({lock.reason}, until {lock.lock_end_time:%Y-%m-%d %H:%M} UTC)" if lock else ""
        return Reason("engine.locked", f"{pair} is locked{why}.")
    if len(open_trades) >= slots:
        return Reason("engine.slots_taken", f"All {slots:g} positions are taken.")
    return None


def forced_against(pair: str, now: datetime) -> Reason | None:
    """What keeps freqtrade from entering `pair` on a signal at `now`, and does not when a person or
    a copier forces the entry: it looks for an open position before it waits for its turn, so that
    the bot may have entered meanwhile, and at locks not at all. None when there is nothing."""
    if any(trade.pair == pair for trade in Trade.get_trades_proxy(is_open=True)):
        return Reason("engine.position_open", f"A position in {pair} is open.")
    for reason, until in locks.on_pair(pair, now):
        why = f"{pair} is locked until {until:%Y-%m-%d %H:%M} UTC ({reason})."
        return Reason("engine.locked", why)
    return None
