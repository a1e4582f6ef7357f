"""One run: a bot start, a backtest, one hyperopt epoch. What must outlive it is in its `memory`,
which bots keep on disk and backtests forget."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pluggy
from freqtrade.persistence import Trade
from freqtrade.wallets import Wallets

from nija_plugins import answers, locks
from nija_plugins.account import Account, Benchmarks, Position, equity, unsound
from nija_plugins.book import Book
from nija_plugins.brokers import levels
from nija_plugins.brokers.others import ALONE, Others
from nija_plugins.brokers.portfolio import Reservation, View
from nija_plugins.brokers.watch import PortfolioWatch, portfolio_name
from nija_plugins.cash_flows import share_of
from nija_plugins.copying.rules import LEFT_TO_THE_LEADER
from nija_plugins.decisions import decided, stop_tightened, tier_changed
from nija_plugins.entry import EntryRequest, Mode
from nija_plugins.guard import Hooks, PluginFailure
from nija_plugins.journal import JOURNAL_FILE, Journal
from nija_plugins.live import WALLETS, LiveWatch
from nija_plugins.manager import SCALING
from nija_plugins.memory import Memory, Snapshot
from nija_plugins.plans import Plans
from nija_plugins.record import EquityRecord
from nija_plugins.refusals import Reason, Refusals
from nija_plugins.risk import limits, unreconciled
from nija_plugins.risk.minimum_balance import shortfall
from nija_plugins.risk.portfolio import taken_meanwhile
from nija_plugins.scaling.engine import AutoScalingEngine
from nija_plugins.scaling.plugin import ScalingPlugin
from nija_plugins.scaling.tiers import ScalingTier
from nija_plugins.settings import Settings
from nija_plugins.stakes import Stakes
from nija_plugins.unseen import Unseen
from nija_plugins.wallet import Raised, cash, marked, positions

logger = logging.getLogger(__name__)

STATE_FILE = ".auto_scaling_state.json"


def state_file(config: Mapping[str, Any], settings: Settings) -> Path:
    """Where the tier is remembered: one file for the portfolio, one for each broker that is on its
    own."""
    alone = settings.mode == "INDEPENDENT"
    name = f".auto_scaling_state.{config['exchange']['name']}.json" if alone else STATE_FILE
    return Path(config["user_data_dir"]) / name


@dataclass
class Run:
    """One run's memory, over one set of plugins."""

    hooks: Hooks
    scaling: ScalingPlugin
    settings: Settings
    exchange: str
    mode: Mode
    refusals: Refusals
    stakes: Stakes
    live: LiveWatch | None = None
    """What watches the exchange; None in backtests."""
    portfolio: PortfolioWatch | None = None
    """What watches the other brokers; None in backtests."""
    memory: Memory = field(default_factory=Memory)
    loop: datetime | None = None
    """The time of the last loop whose account was built; None while that failed."""
    wins: int = 0
    losses: int = 0
    losing_streak: int = 0
    trades_changed: bool = True
    well_begun: bool = True
    """False when a plugin failed to start over: what it remembers belongs to another run."""
    approvals: dict[str, float] = field(default_factory=dict)
    """Per pair, what the position may be worth that was decided a moment ago, in stake currency."""
    plans: Plans = field(default_factory=Plans)
    record: EquityRecord = field(default_factory=EquityRecord)
    unseen: Unseen = field(default_factory=Unseen)

    @classmethod
    def begin(
        cls,
        manager: pluggy.PluginManager,
        settings: Settings,
        config: dict[str, Any],
        mode: Mode,
        live: LiveWatch | None = None,
        portfolio: PortfolioWatch | None = None,
    ) -> "Run":
        """A fresh run. Its summary travels in the backtest's result, inside the copy of the
        original configuration that freqtrade exports and does not hash."""
        exchange = config["exchange"]["name"]
        account = None if mode == "backtest" else f"{exchange} {mode}"
        folder = Path(config["user_data_dir"])
        engine = AutoScalingEngine(
            state_file=state_file(config, settings) if account else None,
            downgrade_buffer=settings.downgrade_buffer,
            account=portfolio_name(config, settings) if account else None,
        )
        journal = Journal(folder / JOURNAL_FILE, account) if account else None
        relay: list[Hooks] = []

        def announce(old: ScalingTier | None, new: ScalingTier | None, account: Account) -> None:
            if mode != "backtest":
                logger.info(tier_changed(old, new, account.equity))
            relay[0].tell("nija_tier_changed", old=old, new=new, account=account)

        scaling = ScalingPlugin(engine, settings, on_change=announce)
        manager.register(scaling, name=SCALING)
        relay.append(Hooks(manager))
        refused, stakes = Refusals(settings, journal), Stakes(mode)
        run = cls(relay[0], scaling, settings, exchange, mode, refused, stakes, live, portfolio)
        run.well_begun = run.hooks.tell("nija_run_started", settings=settings)
        if mode == "backtest" and "original_config" in config:
            config["original_config"]["nija_run"] = {
                "tier_changes": scaling.changes,
                "refused": run.refusals.totals,
                "equity": run.record.facts,
                "stakes": run.stakes.records,
                "settings": settings.model_dump(mode="json"),
            }
        return run

    # -- the loop's start -------------------------------------------------------------------

    def after(self, now: datetime) -> bool:
        """Whether this run has already seen `now` or later."""
        return self.memory.seen is not None and now <= self.memory.seen

    def begin_loop(self) -> None:
        """Nothing is known of this loop's account yet; what failed in the last one is history."""
        self.loop = None
        self.hooks.begin_loop()
        if self.live is not None:
            recalled = self.live.recall(self.memory)
            if recalled is not self.memory:
                self.hooks.go_on_failing(recalled.incidents.lasting)
            self.memory = recalled

    def note_incidents(self, now: datetime) -> None:
        """Adds what has begun to fail since the last loop to the incidents."""
        failing = self.hooks.failing
        if self.live is not None:
            failing = {**failing, **self.live.failing}
        before = self.memory.incidents
        incidents = before.after(now, failing)
        if incidents is before:
            return
        for incident in incidents.recent:
            if incident not in before.recent:
                sentence = f"Incident: {incident.sentence}"
                logger.warning(decided("incident", sentence, cause=incident.cause))
        self.memory = replace(self.memory, incidents=incidents)

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

    def see(self, account: Account, book: Book) -> None:
        """Remembers what a loop found: benchmarks, and whether the account has started; tells the
        other brokers."""
        if self.mode == "backtest":
            self.record.see(account.time, account.equity)
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

    def keep_memory(self, account: Account) -> None:
        """Writes down what must not be forgotten, before any entry that it allows."""
        if self.live is None:
            return
        snapshot = Snapshot(
            time=account.time,
            equity=account.equity,
            worst_case=account.worst_case,
            free_cash=account.free_cash,
            positions=len(account.positions),
            losing_streak=account.losing_streak,
            locks=locks.every(account.time),
        )
        self.memory = self.live.keep(self.memory, snapshot)

    # -- the account ------------------------------------------------------------------------

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
        if self.mode == "live" and self.live is not None:
            held, problem = positions(trades, book, now, wallets, self.live.own)
            problem = self.live.blank(wallets) or problem
        else:
            held, problem = positions(trades, book, now)
        if alone:
            total = free = wallets.get_total(stake_currency)
        else:
            self._count_trades()
        live, others = self.live, ALONE
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
            unexplained=live.unexplained if live else (),
            problem=problem or unsound(total, max(free, 0.0), held),
            others=others,
        )

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
                path = (
                    (moment, equity(cash, marked(held, book, moment)) + elsewhere)
                    for moment in book.ends_between(self.memory.seen, now)
                )
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
        return replace(account, problem=problem)

    # -- entries ----------------------------------------------------------------------------

    def reserve(self, request: EntryRequest, stake: float, account: Account) -> tuple[Reason, ...]:
        """Reserves the entry in the portfolio; else why another broker's leave no room for it."""
        if self.portfolio is None:
            return ()
        wanted = Reservation(
            account=self.portfolio.account,
            broker=self.exchange,
            pair=request.pair,
            stake=stake * request.leverage,
            cost=stake * request.cost,
            at_risk=stake * request.loss_at_stop,
            since=request.time,
        )

        def judge(others: Others) -> str | None:
            return taken_meanwhile(stake, request, replace(account, others=others), self.settings)

        sentence = self.portfolio.reserve(wanted, judge)
        return (Reason("risk.portfolio", sentence),) if sentence else ()

    def objections(self, request: EntryRequest, account: Account) -> tuple[Reason, ...]:
        """Every veto's reason; a veto that fails is one too. What a copy's leader has judged is not
        judged again."""
        reasons = []
        given = {"request": request, "account": account, "settings": self.settings}
        for plugin, answer in self.hooks.every("nija_veto", answers.reason, **given):
            if isinstance(answer, PluginFailure):
                self.hooks.report(answer)
            elif request.copy_of is not None and plugin in LEFT_TO_THE_LEADER:
                continue
            if answer is not None:
                reasons.append(Reason(plugin, str(answer)))
        return tuple(reasons)

    def confirm(self, pair: str, now: datetime) -> bool:
        """Whether the entry is still reserved, now that its order is about to be sent."""
        if self.portfolio is None or self.portfolio.confirm(pair, now):
            return True
        logger.error("No entry into %s: it is not reserved in the portfolio (any more).", pair)
        return False

    def unreconciled(self, request: EntryRequest, account: Account) -> tuple[Reason, ...]:
        """What speaks against an entry after a close look at the exchange."""
        sentence = unreconciled.nija_veto(request, account)
        return (Reason("risk.unreconciled", sentence),) if sentence else ()

    def refuse(self, request: EntryRequest, ended: datetime, reasons: tuple[Reason, ...]) -> None:
        """Records and tells a refusal of the candidate whose candle `ended`, once."""
        if self.refusals.record(request, ended, reasons):
            sentences = tuple(reason.sentence for reason in reasons)
            self.hooks.tell("nija_entry_refused", request=request, reasons=sentences)

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

    # -- closed trades ------------------------------------------------------------------------

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
