"""The account at each loop: built, checked, remembered, and told to the other brokers."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from freqtrade.persistence import Trade
from freqtrade.wallets import Wallets

from nija_plugins import locks
from nija_plugins.account import Account, Benchmarks, Position, equity, unsound
from nija_plugins.brokers import levels
from nija_plugins.brokers.others import ALONE
from nija_plugins.brokers.portfolio import View
from nija_plugins.candles.book import Book
from nija_plugins.live.watch import WALLETS
from nija_plugins.records.decisions import stop_tightened
from nija_plugins.risk.minimum_balance import shortfall
from nija_plugins.run.base import RunBase
from nija_plugins.wallet import Raised, cash, marked, positions, sold_since

logger = logging.getLogger(__name__)


class Accounts(RunBase):
    """What this broker, and the portfolio, are worth now."""

    def note_raised(self, now: datetime, raised: Sequence[Raised]) -> None:
        """Tells of the stops that a floor has raised at `now`; in a backtest's result a number."""
        if raised and self.mode == "backtest":
            self.record.raised(now, len(raised))
            return
        for one in raised:
            logger.info(stop_tightened(one))

    def account(
        self, now: datetime, wallets: Wallets, book: Book, stake_currency: str, *, alone: bool
    ) -> Account:
        """The account as it is now; with `alone`, as if it had never traded."""
        trades = [] if alone else Trade.get_trades_proxy(is_open=True)
        total, free = cash(wallets, stake_currency, trades, self.mode)
        live, others = self.live, ALONE
        if live is not None:
            total += live.cash.receivable - live.cash.payable
        if self.mode == "live" and live is not None:
            own, planned = live.own, self.plans.stop_of_resting
            held, problem = positions(trades, book, now, wallets, own, planned)
            problem = live.blank(wallets) or problem
        else:
            held, problem = positions(trades, book, now, planned=self.plans.stop_of_resting)
        if alone:
            total = free = wallets.get_total(stake_currency)
        else:
            self._count_trades()
        if self.portfolio is not None:
            others = self.portfolio.others(now)
        return Account(
            time=now,
            exchange=self.exchange,
            cash=total,
            free_cash=free,
            positions=held,
            benchmarks=self._benchmarks(now, total, held, book, alone),
            tier=self.scaling.tier,
            limits=self.scaling.limits,
            started=self.memory.started or bool(held) or self.wins + self.losses > 0,
            wins=self.wins,
            losses=self.losses,
            losing_streak=self.losing_streak,
            locks=() if alone else tuple(locks.active(now).items()),
            incidents=self.memory.incidents.recent,
            unsettled=live.cash.pending if live else 0.0,
            awaited=live.awaited if live else None,
            unexplained=live.unexplained if live else (),
            problem=problem or unsound(total, max(free, 0.0), held),
            others=others,
        )

    def unmoved(self, now: datetime, cash: float) -> Account | None:
        """The account of the last loop at `now` (UTC), if that was flat and nothing has changed
        since: the same day, tier and `cash`, no order, no lock, no failing plugin. Only the time
        differs then, and two of three hours of a backtest are like that."""
        last = self.flat
        if (
            last is None
            or last.benchmarks.day != now.date()
            or last.cash != cash
            or last.limits is not self.scaling.limits
            or (last.wins, last.losses) != (self.wins, self.losses)
            or self.trades_changed
            or self.hooks.failing
            or self.memory.locked
            or Trade.get_trades_proxy(is_open=True)
            or locks.active(now)
        ):
            return None
        self.memory = replace(self.memory, seen=now)
        return replace(last, time=now)

    def _benchmarks(
        self, now: datetime, total: float, held: tuple[Position, ...], book: Book, alone: bool
    ) -> Benchmarks:
        if alone:
            return Benchmarks.begin(now, equity(total, held))
        view = self.portfolio.view if self.portfolio is not None else View()
        return self._levels(view, now, total, held, book)

    def _levels(
        self, view: View, now: datetime, cash: float, held: tuple[Position, ...], book: Book
    ) -> Benchmarks:
        """The day's opening and the peak now, from those in `view`, or in this bot's memory when
        there is no other broker."""
        account = self.portfolio.account if self.portfolio is not None else ""
        beside = view.beside(account)
        elsewhere = sum(one.equity for one in beside)
        own = equity(cash, held)
        marks, flow = self.memory.benchmarks, 0.0
        path: Iterable[tuple[datetime, float]] = ()
        if self.live is not None:
            flow = self.live.flow
            if self.memory.seen is not None:
                path = self._since(self.memory.seen, now, cash, held, book, elsewhere)
            if beside:
                marks = view.marks
                flow = levels.uncounted(
                    view.member(account),
                    own,
                    begins=self.memory.benchmarks is None,
                    flow=flow,
                    pending=self.live.cash.pending,
                    external=self.live.cash.external,
                )
        return levels.moved(marks, flow, path, now, own + elsewhere)

    @staticmethod
    def _since(
        seen: datetime,
        now: datetime,
        cash: float,
        held: tuple[Position, ...],
        book: Book,
        elsewhere: float,
    ) -> Iterator[tuple[datetime, float]]:
        """The equity at the end of each candle that was missed between `seen` and `now`."""
        missed = list(book.ends_between(seen, now))
        sold = list(sold_since(seen, held)) if missed else []
        for moment in missed:
            own = equity(cash, marked(held, book, moment))
            for one in tuple(sold):
                mark = book.close(one.pair, moment)
                if mark is None or moment < one.opened:
                    continue
                if one.gone(moment, mark):
                    sold.remove(one)
                else:
                    own += one.more(mark)
            yield moment, own + elsewhere

    def check_loop(self, account: Account) -> Account:
        """`account` with a problem if this loop could not value it (freqtrade swallows errors at
        the loop's start and would go on with the last loop's limits) or if a plugin failed."""
        problem = account.problem
        if self.loop is None or (self.mode == "backtest" and self.loop != account.time):
            problem = problem or "This loop could not value the account."
        if self.hooks.failure is not None:
            problem = problem or f"{self.hooks.failure}. Nothing is entered in this loop."
        if not self.well_begun:
            problem = problem or "A plugin failed when this run began."
        if self.live is not None:
            problem = problem or self.live.problem or self.live.failing.get(WALLETS)
        if self.portfolio is not None:
            problem = problem or self.portfolio.problem
        return account if problem == account.problem else replace(account, problem=problem)

    def see(self, account: Account, book: Book) -> None:
        """Remembers what a loop found: benchmarks, and whether the account has started; tells the
        other brokers."""
        if self.mode == "backtest":
            self.record.see(account.time, account.equity)
            busy = account.positions or account.locks or account.incidents
            self.flat = account if account.started and not busy else None
        started = self.memory.started or account.started
        if not started:
            started = shortfall(account, self.exchange, False, self.settings) is None
        marks = levels.own_share(account.benchmarks, account.own_equity, account.equity)
        seen = account.time
        settled = self._tell_others(account, book) and not account.unsettled
        if not settled:
            # The change may turn out to be none: what was seen meanwhile is looked at again.
            marks, seen = self.memory.benchmarks or marks, self.memory.seen or seen
        self.memory = replace(self.memory, benchmarks=marks, seen=seen, started=started)
        if self.live is not None and settled:
            self.live.count(account)
            self.memory = replace(self.memory, external_cash=self.live.cash.external)

    def _tell_others(self, account: Account, book: Book) -> bool:
        """Writes this bot's line of the ledger; False while that is not possible."""
        if self.portfolio is None or self.live is None:
            return True

        def settle(view: View) -> Benchmarks | None:
            if account.unsettled:
                return None
            return self._levels(view, account.time, account.cash, account.positions, book)

        return self.portfolio.publish(account, book.judged, self.live.cash.external, settle)

    def _count_trades(self) -> None:
        if self.trades_changed:
            found = Trade.get_trades_proxy(is_open=False)
            # One that another thread has just closed is known as it was before, until the loop.
            known = [trade for trade in found if trade.close_date is not None]
            closed = sorted(known, key=lambda trade: trade.close_date_utc)
            won = [(trade.close_profit_abs or 0.0) > 0 for trade in closed]
            self.wins = sum(won)
            self.losses = len(won) - self.wins
            self.losing_streak = self._streak(closed, won)
            self.trades_changed = len(known) < len(found)

    @staticmethod
    def _streak(closed: list[Trade], won: list[bool]) -> int:
        """Losses in a row at the end of `closed`, not counting those from before the last pause."""
        paused = locks.last_began(locks.STREAK)
        streak = 0
        for trade, win in zip(reversed(closed), reversed(won), strict=True):
            # A pause begins at a loop's start; what closes in that very candle comes after it.
            if win or (paused is not None and trade.close_date_utc < paused):
                break
            streak += 1
        return streak
