"""Entries: the stake, or the reasons why there is none."""

import logging
from collections.abc import Iterator
from datetime import datetime
from math import inf, isfinite
from typing import Any

from freqtrade.persistence import Order, Trade

from nija_plugins import answers
from nija_plugins.account import Account
from nija_plugins.book import Reading
from nija_plugins.entry import EntryRequest
from nija_plugins.guard import PluginFailure
from nija_plugins.plans import FrozenPlan
from nija_plugins.refusals import Reason
from nija_plugins.sizing.decision import decide
from nija_plugins.starts import outlived_a_start
from nija_plugins.strategy.base import StrategyBase

logger = logging.getLogger(__name__)


class Entries(StrategyBase):
    """freqtrade's questions before an entry."""

    def custom_stake_amount(
        self,
        pair: str,
        current_time: datetime,
        current_rate: float,
        proposed_stake: float,
        min_stake: float | None,
        max_stake: float,
        leverage: float,
        entry_tag: str | None,
        side: str,
        **kwargs: Any,
    ) -> float:
        """The stake, or 0 for no entry. freqtrade takes the full proposed stake when this raises,
        so it does not."""
        try:
            self.run.approvals.pop(pair, None)
            return self._stake(pair, current_time, current_rate, (min_stake or 0.0, max_stake))
        except Exception as error:
            self._say_once(f"No entry into {pair}: {type(error).__name__}: {error}", error)
            return 0.0

    def _stake(self, pair: str, now: datetime, price: float, bounds: tuple[float, float]) -> float:
        run = self.run
        reading = self._reading(pair, now)
        if reading is None:
            logger.info("No entry into %s: it has not been analysed yet.", pair)
            return 0.0
        run.unseen.judged(pair, reading.ended)
        if run.live is not None:
            run.live.look_at_cash(now, self.wallets, Trade.get_trades_proxy(is_open=True))
        if run.portfolio is not None:
            run.portfolio.look(now)
        request = self._request(pair, now, price, reading, bounds)
        account = run.check_loop(self._account(now))
        reasons = run.objections(request, account)
        if not reasons and self._waits(pair, reading.ended, now):
            return 0.0  # freqtrade asks again in its next loop
        reasons = reasons or self._compared(request) or self._sized(request, account, reading)
        if not reasons:
            return run.approvals[pair]
        run.reach_limits(reasons, account, self._requests_at_close(now))
        run.refuse(request, reading.ended, reasons)
        return 0.0

    def _waits(self, pair: str, candle: datetime, now: datetime) -> bool:
        """Whether a broker that comes first in exchange_priority has yet to judge the candle."""
        portfolio = self.run.portfolio
        first = portfolio.waits_for(candle, now) if portfolio is not None else None
        if first is not None:
            logger.info("The entry into %s waits for %s, which comes first.", pair, first)
        return first is not None

    def _compared(self, request: EntryRequest) -> tuple[Reason, ...]:
        """What speaks against an entry once the exchange was asked what it holds (live only)."""
        live = self.run.live
        if live is None:
            return ()
        trades = Trade.get_trades_proxy(is_open=True)
        problem = live.look_closely(
            request.pair, request.time, self.wallets, self.dp, trades, self._book
        )
        if problem is not None:
            return (Reason("risk.unreconciled", problem),)
        return self.run.unreconciled(request, self._account(request.time))

    def _requests_at_close(self, now: datetime) -> Iterator[EntryRequest]:
        """What an entry into each pair would be at its last close."""
        for pair in self._book.pairs:
            reading = self._reading(pair, now)
            if reading is not None and isfinite(reading.stop):
                yield self._request(pair, now, reading.close, reading, (0.0, inf))

    def _sized(
        self, request: EntryRequest, account: Account, reading: Reading
    ) -> tuple[Reason, ...]:
        """Approves a stake for the request and promises its plan; else why there is none."""
        run, settings = self.run, self.nija_settings
        given = {"request": request, "account": account, "settings": settings}
        try:
            wish = run.hooks.first("nija_stake", answers.stake, tier=account.tier, **given)
        except PluginFailure as failure:
            run.hooks.report(failure)
            return (Reason(failure.plugin, str(failure)),)
        if wish is None:
            return (Reason("sizing", "No loaded plugin sizes entries."),)
        decision = decide(wish, request, account, settings)
        if decision.refusal is not None:
            return (Reason(f"sizing.{decision.decided_by}", decision.refusal),)
        taken = run.reserve(request, decision.stake, account)
        if taken:
            return taken
        run.approvals[request.pair] = decision.stake
        run.plans.promise(request.pair, FrozenPlan.of(reading))
        return ()

    def confirm_trade_entry(
        self,
        pair: str,
        order_type: str,
        amount: float,
        rate: float,
        time_in_force: str,
        current_time: datetime,
        entry_tag: str | None,
        side: str,
        **kwargs: Any,
    ) -> bool:
        """Only what NIJA sized a moment ago, and no more than that. freqtrade would confirm if
        this raised, so the memory it needs is looked up without building anything."""
        approved = self._run.approvals.pop(pair, 0.0) if self._run else 0.0
        if amount * rate <= approved * (1 + 1e-6):
            if self._run and not self._run.confirm(pair, current_time):
                return False
            if self._run and self._run.live:
                self._run.live.expect_order(pair, current_time)
            return True
        if self._run and self._run.portfolio:
            self._run.portfolio.release(pair, current_time)
        logger.error(
            "No entry into %s: an order of %.2f is not the stake of %.2f NIJA decided.",
            pair,
            amount * rate,
            approved,
        )
        return False

    def check_entry_timeout(
        self, pair: str, trade: Trade, order: Order, current_time: datetime, **kwargs: Any
    ) -> bool:
        """Whether a resting entry is cancelled before freqtrade's own time-out: its price is of
        another time, and it holds a slot and cash."""
        return self.nija_settings.clear_entry_blocks and outlived_a_start(
            order, trade, self._started
        )
