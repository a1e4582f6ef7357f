"""The loop: values the account, keeps the limits, tells the plugins, before anything is decided."""

import logging
import os
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from importlib.metadata import version
from math import inf
from pathlib import Path
from typing import Any

from freqtrade.persistence import Trade
from freqtrade.persistence.custom_data import _CustomData

from nija_plugins.account import Account
from nija_plugins.copying.standing import Standing
from nija_plugins.live import start_checks
from nija_plugins.live.awaited import forget_the_future
from nija_plugins.live.starts import last_start
from nija_plugins.live.watch import LiveWatch
from nija_plugins.modes import draws_only
from nija_plugins.records.unseen import passed_over_because
from nija_plugins.risk.floors import tightened
from nija_plugins.settings import misspelt, never_entered
from nija_plugins.strategy.base import StrategyBase
from nija_plugins.wallet import raise_stops

logger = logging.getLogger(__name__)

ANALYSED = "_IStrategy__last_candle_seen_per_pair"
"""Where freqtrade remembers which candle of each pair it has analysed; it offers no other way."""

RPC_MANAGER = "_DataProvider__rpc"
"""Where freqtrade's data provider keeps the way to the bot, which a strategy is not told."""


class Loop(StrategyBase):
    """freqtrade's start and its loop."""

    def bot_start(self, **kwargs: Any) -> None:
        """Says what is not in force, once."""
        if self._judged_alone:
            logger.info("lookahead-analysis: every entry is judged as the account's first.")
        parameters = Path(self.__file__).with_suffix(".json")
        if parameters.is_file():
            logger.warning(
                "%s changes this run: hyperopt left it there. Delete it to trade NIJA as shipped.",
                parameters.name,
            )
        if self._one_of_many or draws_only(self.config):
            return
        if self._mode != "backtest":
            start_checks.look(self.config, self.wallets._exchange, self._mode == "live")
            self._name_orders(datetime.now(UTC), starting=True)
        for name, meant in misspelt(os.environ).items():
            logger.warning("%s sets nothing: did you mean %s?", name, meant)
        if idle := never_entered(self.nija_settings, self.dp.current_whitelist()):
            logger.warning("Never entered, as trade_only names other assets: %s.", ", ".join(idle))
        if self.nija_settings.mode == "MASTER_FOLLOW":
            logger.info("mode is MASTER_FOLLOW: copies are entered, and no signals of our own.")
            if not self.config.get("force_entry_enable"):
                logger.warning('"force_entry_enable" is not true: no copy can be entered.')
        if not self.nija_settings.ai_trade_filter:
            logger.info("ai_trade_filter is off: the AI filter's two rules are inactive.")
        elif not self.run.hooks.served("nija_confidence"):
            logger.info("No plugin serves nija_confidence: the AI filter's rules are inactive.")

    def bot_loop_start(self, current_time: datetime, **kwargs: Any) -> None:
        """Values the account, tells the plugins, applies the tier's limits. What people and copiers
        force comes in another thread: each waits for the other, or a half-sold trade would count
        with its coins and with its proceeds."""
        if draws_only(self.config):
            return  # plot-dataframe calls it, and has no wallets
        with self._nothing_forced():
            self._begin_loop(current_time)

    def _nothing_forced(self) -> AbstractContextManager[Any]:
        """freqtrade's own lock around forced entries and exits; it offers no other way to it."""
        manager = getattr(self.dp, RPC_MANAGER, None)
        if self._mode == "backtest" or manager is None:
            return nullcontext()
        try:
            lock: AbstractContextManager[Any] = manager._rpc._freqtrade._exit_lock
        except AttributeError:
            self.run.loop = None  # another freqtrade: nothing is entered on what cannot be known
            raise
        return lock

    def _begin_loop(self, current_time: datetime) -> None:
        if self._mode == "backtest" and self._run and self._run.after(current_time):
            self._run = None  # time stepped back: the next hyperopt epoch
        if self._mode != "backtest":
            self._clear_at_start()
        run = self.run
        run.begin_loop()
        if self._mode != "backtest":
            Trade.commit()  # what this thread has read of its trades may be of before
            _CustomData.session.rollback()  # a write that failed would fail whatever follows
        if run.portfolio is not None:
            run.portfolio.look(current_time)
        if run.live is not None:
            self._look(run.live, current_time)
        run.note_incidents(current_time)
        account = self._unmoved(current_time) or self._valued(current_time)
        if account.problem is None and run.hooks.tell("nija_equity", account=account):
            run.loop = current_time
        run.keep_memory(account)
        self._apply_limits()
        if not self._one_of_many:
            self._note_passed_over(current_time)

    def _unmoved(self, now: datetime) -> Account | None:
        """The last loop's account at `now`, where a backtest need not value it again."""
        if self._mode != "backtest" or self._judged_alone:
            return None
        assert self.wallets is not None
        return self.run.unmoved(now, self.wallets.get_total(self.config["stake_currency"]))

    def _valued(self, now: datetime) -> Account:
        """The account after the limits it has reached; its benchmarks are remembered, its stops
        keep the floors."""
        run = self.run
        account = self._account(now)
        if not self._judged_alone and run.keep_limits(account):
            account = self._account(now)
        if account.problem is None:
            run.see(account, self._book)
            run.note_raised(now, raise_stops(tightened(account, self.nija_settings)))
        return account

    def version(self) -> str:
        """What this account says of itself to people and copiers; see `copying.standing`."""
        tier, copied = None, False
        if self._run is not None:
            tier, copied = self._run.scaling.tier, self._run.scaling.limits.copy_trading
        name = tier.name if tier else "none"
        return str(Standing(version("nija-micro"), name, copied, self.nija_settings.mode))

    def _clear_at_start(self) -> None:
        """Votes and caches, never what is on disk. freqtrade's /start after /stop is a start too:
        the process was there all the time, and what it remembers may be hours old."""
        started = last_start()
        if started == self._started:
            return
        again, self._started = self._started is not None, started
        if again and self.nija_settings.reset_strategy_state:
            self._forget()
            vars(self)[ANALYSED].clear()  # or freqtrade waits for the next candle
        if self.run.live is not None and self.nija_settings.flush_cached_balances:
            self.run.live.refresh(self.wallets)

    def _look(self, live: LiveWatch, now: datetime) -> None:
        """What a bot must know before it values its account."""
        if forget_the_future(now, self.wallets._exchange):
            vars(self)[ANALYSED].clear()
        self._name_orders(now)
        trades = Trade.get_trades_proxy(is_open=True)
        for pair in {*self.dp.current_whitelist(), *(trade.pair for trade in trades)}:
            self._book.observe_prices(pair, self.dp.ohlcv(pair, copy=False))
        for trade in trades:
            self._frozen_plan(trade)  # an entry that rests keeps its plan over a restart
        if self._mode == "live":
            self._lost_exits.look(now, self.wallets._exchange, trades, live.store.own_orders)
        live.look(now, self.wallets, self.dp, trades, self._book)
        if self._mode == "live" and self.order_types.get("stoploss_on_exchange"):
            self._lost_stops.look(now, self.wallets._exchange, trades, live.store.own_orders)

    def _name_orders(self, now: datetime, *, starting: bool = False) -> None:
        live = self.run.live
        if self._mode == "live" and live is not None:
            trades = Trade.get_trades_proxy(is_open=True)
            own, exchange = live.store.own_orders, self.wallets._exchange
            self._nameless.look(now, exchange, trades, own, starting=starting)

    def _note_passed_over(self, now: datetime) -> None:
        """Records candidates that freqtrade never asks about, and, at a backtest's last candle,
        says what was refused."""
        run = self.run
        for pair, ended, obstacle in run.unseen.passed_over():
            reading = self._reading(pair, ended)
            if reading is not None:
                request = self._request(pair, ended, reading.close, reading, (0.0, inf))
                run.refuse(request, ended, (obstacle,))
        for pair, ended in self._book.candidates(now):
            hindrance = passed_over_because(pair, now, self.max_open_trades)
            if hindrance:
                run.unseen.expect(pair, ended, hindrance)
        if self._mode == "backtest" and self._book.ends_with(now):
            logger.info("%s.", run.refusals.summary())

    def _apply_limits(self) -> None:
        """Rewrites max_open_trades: live reads the config's, backtesting the strategy's. Never
        below 1, which backtesting would take for "unlimited": no tier is a veto instead."""
        if not self._judged_alone:
            slots = max(1, self.run.scaling.limits.max_positions)
            self.max_open_trades = slots
            self.config["max_open_trades"] = slots
