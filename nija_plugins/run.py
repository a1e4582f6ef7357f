"""The memory of one run: a bot start, a backtest, one hyperopt epoch. Nothing outlives it but
the tier's state file, and that only outside backtests."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pluggy
from freqtrade.persistence import Trade
from freqtrade.wallets import Wallets

from nija_plugins import answers, locks
from nija_plugins.account import Account, Benchmarks, Position, equity, unsound
from nija_plugins.book import Book
from nija_plugins.entry import EntryRequest, Mode
from nija_plugins.guard import Hooks, PluginFailure
from nija_plugins.journal import JOURNAL_FILE, Journal
from nija_plugins.manager import SCALING
from nija_plugins.plans import Plans
from nija_plugins.record import EquityRecord
from nija_plugins.refusals import Reason, Refusals
from nija_plugins.risk import daily_loss, drawdown
from nija_plugins.risk.minimum_balance import balance_needed
from nija_plugins.scaling.engine import AutoScalingEngine
from nija_plugins.scaling.plugin import ScalingPlugin
from nija_plugins.scaling.tiers import ScalingTier
from nija_plugins.settings import Settings
from nija_plugins.unseen import Unseen
from nija_plugins.wallet import cash, positions

logger = logging.getLogger(__name__)

LOSS_LIMITS = (
    ("risk.drawdown", drawdown.nija_veto, locks.DRAWDOWN),
    ("risk.daily_loss", daily_loss.nija_veto, locks.DAY),
)
"""Each limit's rule, its veto and the reason of its lock."""

STREAK_PAUSE = timedelta(hours=24)

STATE_FILE = ".auto_scaling_state.json"


@dataclass
class Run:
    """One run's memory, over one set of plugins."""

    hooks: Hooks
    scaling: ScalingPlugin
    settings: Settings
    exchange: str
    mode: Mode
    refusals: Refusals
    loop: datetime | None = None
    """The time of the last loop whose account was built; None while that failed."""
    latest: datetime | None = None
    benchmarks: Benchmarks | None = None
    started: bool = False
    wins: int = 0
    losses: int = 0
    losing_streak: int = 0
    halted: bool = False
    """Whether the drawdown lock was active at the last loop."""
    trades_changed: bool = True
    well_begun: bool = True
    """False when a plugin failed to start over: what it remembers belongs to another run."""
    approvals: dict[str, float] = field(default_factory=dict)
    plans: Plans = field(default_factory=Plans)
    record: EquityRecord = field(default_factory=EquityRecord)
    unseen: Unseen = field(default_factory=Unseen)

    @classmethod
    def begin(
        cls, manager: pluggy.PluginManager, settings: Settings, config: dict[str, Any], mode: Mode
    ) -> "Run":
        """A fresh run. Its summary travels in the backtest's result, inside the copy of the
        original configuration that freqtrade exports and does not hash."""
        exchange = config["exchange"]["name"]
        account = None if mode == "backtest" else f"{exchange} {mode}"
        folder = Path(config["user_data_dir"])
        engine = AutoScalingEngine(
            state_file=folder / STATE_FILE if account else None,
            downgrade_buffer=settings.downgrade_buffer,
            account=account,
        )
        journal = Journal(folder / JOURNAL_FILE, account) if account else None
        relay: list[Hooks] = []

        def announce(old: ScalingTier | None, new: ScalingTier | None, account: Account) -> None:
            relay[0].tell("nija_tier_changed", old=old, new=new, account=account)

        scaling = ScalingPlugin(engine, settings, on_change=announce)
        manager.register(scaling, name=SCALING)
        relay.append(Hooks(manager))
        run = cls(relay[0], scaling, settings, exchange, mode, Refusals(settings, journal))
        run.well_begun = run.hooks.tell("nija_run_started", settings=settings)
        if mode == "backtest" and "original_config" in config:
            config["original_config"]["nija_run"] = {
                "tier_changes": scaling.changes,
                "refused": run.refusals.totals,
                "equity": run.record.facts,
            }
        return run

    def after(self, now: datetime) -> bool:
        """Whether this run has already seen `now` or later."""
        return self.latest is not None and now <= self.latest

    def see(self, account: Account) -> None:
        """Remembers what a loop found: benchmarks, and whether the account has started."""
        self.latest = account.time
        if self.mode == "backtest":
            self.record.see(account.time, account.equity)
        self.benchmarks = account.benchmarks
        minimum = balance_needed(self.exchange, False, self.settings)
        self.started = self.started or account.started or account.equity >= minimum

    def note_raised(self, now: datetime, stops: int) -> None:
        """Counts `stops` that a floor has raised at `now`, for a backtest's result."""
        if stops and self.mode == "backtest":
            self.record.raised(now, stops)

    def account(
        self, now: datetime, wallets: Wallets, book: Book, stake_currency: str, *, alone: bool
    ) -> Account:
        """The account as it is now; with `alone`, as if it had never traded."""
        trades = [] if alone else Trade.get_trades_proxy(is_open=True)
        total, free = cash(wallets, stake_currency, trades, self.mode)
        held, problem = positions(trades, book, now)
        if alone:
            total = free = wallets.get_total(stake_currency)
        else:
            self._count_trades()
        return Account(
            time=now,
            exchange=self.exchange,
            cash=total,
            free_cash=free,
            positions=held,
            benchmarks=self._observe(now, total, held, alone),
            tier=self.scaling.tier,
            limits=self.scaling.limits,
            started=self.started or bool(held) or self.wins + self.losses > 0,
            wins=self.wins,
            losses=self.losses,
            losing_streak=self.losing_streak,
            locks=() if alone else tuple(locks.active(now).items()),
            problem=problem or unsound(total, max(free, 0.0), held),
        )

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
        return replace(account, problem=problem)

    def objections(self, request: EntryRequest, account: Account) -> tuple[Reason, ...]:
        """Every veto's reason; a veto that fails is one too."""
        reasons = []
        given = {"request": request, "account": account, "settings": self.settings}
        for plugin, answer in self.hooks.every("nija_veto", answers.reason, **given):
            if isinstance(answer, PluginFailure):
                self.hooks.report(answer)
            if answer is not None:
                reasons.append(Reason(plugin, str(answer)))
        return tuple(reasons)

    def refuse(self, request: EntryRequest, ended: datetime, reasons: tuple[Reason, ...]) -> None:
        """Records and tells a refusal of the candidate whose candle `ended`, once."""
        if self.refusals.record(request, ended, reasons):
            sentences = tuple(reason.sentence for reason in reasons)
            self.hooks.tell("nija_entry_refused", request=request, reasons=sentences)

    def _observe(
        self, now: datetime, total: float, held: tuple[Position, ...], alone: bool
    ) -> Benchmarks:
        worth = equity(total, held)
        if self.benchmarks is None or alone:
            return Benchmarks.begin(now, worth)
        return self.benchmarks.observe(now, worth)

    def keep_limits(self, account: Account) -> bool:
        """Locks after a losing streak; restarts the peak when the drawdown lock has ended, by time
        or by a person. True when the account must be looked at again."""
        now, changed = account.time, False
        if account.losing_streak >= self.settings.max_consecutive_losses:
            self._lock(locks.STREAK, now + STREAK_PAUSE, now)
            self.trades_changed = changed = True
        halted = any(reason == locks.DRAWDOWN for reason, _ in account.locks)
        if self.halted and not halted and self.benchmarks is not None:
            self.benchmarks = replace(self.benchmarks, peak=account.equity)
            logger.info("The drawdown lock has ended: the peak restarts at $%.2f.", account.equity)
            changed = True
        self.halted = halted
        return changed

    def reach_limits(
        self,
        reasons: tuple[Reason, ...],
        account: Account,
        smallest: Iterable[EntryRequest],
    ) -> None:
        """Locks for a loss limit that counts as reached: nothing is open, and what is left of its
        budget carries the smallest lot of no pair. The day's lock ends at 00:00 UTC, the
        drawdown's when a person or `drawdown_pause_days` says so. `smallest` are entries into
        each pair as they would be now."""
        objecting = {reason.rule for reason in reasons}
        limits = [limit for limit in LOSS_LIMITS if limit[0] in objecting]
        requests = list(smallest) if limits else []
        for _, veto, reason in limits:
            if requests and all(veto(one, account, self.settings) for one in requests):
                self._lock(reason, self._end_of(reason, account.time), account.time)
                self.halted = self.halted or reason == locks.DRAWDOWN

    def _end_of(self, reason: str, now: datetime) -> datetime:
        if reason == locks.DAY:
            return datetime.combine(now.date() + timedelta(days=1), time.min, UTC)
        days = self.settings.drawdown_pause_days
        return now + (locks.FOR_GOOD if days is None else timedelta(days=days))

    def _lock(self, reason: str, until: datetime, now: datetime) -> None:
        if reason not in locks.active(now):
            locks.lock_all(reason, until, now)
            logger.warning("%s: no entries until %s UTC.", reason, f"{until:%Y-%m-%d %H:%M}")

    def _count_trades(self) -> None:
        if self.trades_changed:
            closed = sorted(
                Trade.get_trades_proxy(is_open=False), key=lambda trade: trade.close_date_utc
            )
            won = [(trade.close_profit_abs or 0.0) > 0 for trade in closed]
            self.wins = sum(won)
            self.losses = len(won) - self.wins
            self.losing_streak = self._streak(closed, won)
            self.trades_changed = False

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
