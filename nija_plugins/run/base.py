"""What every room of a run shares: its plugins, its memory, and what it has seen begin to fail."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import pluggy

from nija_plugins import locks
from nija_plugins.account import Account
from nija_plugins.brokers.watch import PortfolioWatch, portfolio_name
from nija_plugins.entry import Mode
from nija_plugins.guard import Hooks
from nija_plugins.live.watch import LiveWatch
from nija_plugins.manager import SCALING
from nija_plugins.memory import Memory, Snapshot
from nija_plugins.plans import Plans
from nija_plugins.records.decisions import decided, tier_changed
from nija_plugins.records.equity import EquityRecord
from nija_plugins.records.journal import JOURNAL_FILE, Journal
from nija_plugins.records.refusals import Refusals
from nija_plugins.records.stakes import Stakes
from nija_plugins.records.unseen import Unseen
from nija_plugins.scaling.engine import AutoScalingEngine
from nija_plugins.scaling.plugin import ScalingPlugin
from nija_plugins.scaling.tiers import ScalingTier
from nija_plugins.settings import Settings

logger = logging.getLogger(__name__)

STATE_FILE = ".auto_scaling_state.json"


def state_file(config: Mapping[str, Any], settings: Settings) -> Path:
    """Where the tier is remembered: one file for the portfolio, one for each broker that is on its
    own."""
    alone = settings.mode == "INDEPENDENT"
    name = f".auto_scaling_state.{config['exchange']['name']}.json" if alone else STATE_FILE
    return Path(config["user_data_dir"]) / name


@dataclass
class RunBase:
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
    flat: Account | None = None
    """The account of a backtest's last loop while it holds nothing and nothing is locked."""
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
    ) -> Self:
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
