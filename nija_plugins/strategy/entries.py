"""Entries: the stake, or the reasons why there is none."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from math import inf, isfinite
from typing import Any

from freqtrade.persistence import Order, Trade

from nija_plugins import answers
from nija_plugins.account import Account
from nija_plugins.candles.book import Reading
from nija_plugins.copying.following import as_copy, objections, planned, refuse, shared
from nija_plugins.copying.tag import MalformedCopy, is_copy, parse
from nija_plugins.entry import EntryRequest
from nija_plugins.guard import PluginFailure
from nija_plugins.live.starts import outlived_a_start
from nija_plugins.locks import DAY, DRAWDOWN
from nija_plugins.plans import FrozenPlan
from nija_plugins.records.decisions import decided, entry_approved
from nija_plugins.records.refusals import Reason
from nija_plugins.records.unseen import forced_against
from nija_plugins.sizing.decision import decide
from nija_plugins.sizing.leverage import largest_leverage
from nija_plugins.strategy.base import WIDEST, StrategyBase

logger = logging.getLogger(__name__)


class Entries(StrategyBase):
    """freqtrade's questions before an entry."""

    def leverage(
        self,
        pair: str,
        current_time: datetime,
        current_rate: float,
        proposed_leverage: float,
        max_leverage: float,
        entry_tag: str | None,
        side: str,
        **kwargs: Any,
    ) -> float:
        """The leverage, 1 for none. freqtrade asks before it asks for the stake, in futures markets
        only, and takes 1 when this raises; so does NIJA."""
        try:
            return min(self._leverage(pair, current_time, current_rate), max_leverage)
        except Exception as error:
            self._say_once(f"No leverage for {pair}: {type(error).__name__}: {error}", error)
            return 1.0

    def _leverage(self, pair: str, now: datetime, price: float) -> float:
        run, settings = self.run, self.nija_settings
        reading = self._reading(pair, now)
        if reading is None:
            return 1.0
        request = self._request(pair, now, price, reading, (0.0, inf))
        account = self._account(now)
        largest = largest_leverage(request, account, settings)
        if largest <= 1:
            return 1.0
        given = {"request": request, "account": account, "settings": settings}
        try:
            wish = run.hooks.first("nija_leverage", answers.leverage, tier=account.tier, **given)
        except PluginFailure as failure:
            run.hooks.report(failure)  # nothing is entered in this loop
            return 1.0
        return min(wish or 1.0, largest)

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
            with self._turn:
                self.run.approvals.pop(pair, None)
                if side != "long":  # a person may force what can_short rules out
                    logger.error("No entry into %s: NIJA trades long only.", pair)
                    return 0.0
                bounds = (min_stake or 0.0, max_stake)
                asked = (pair, current_time, current_rate, bounds, leverage)
                if entry_tag is not None and is_copy(entry_tag):
                    self._copy(*asked, entry_tag)
                else:
                    self._signal(*asked)
                return self.run.approvals.get(pair, 0.0) / leverage
        except Exception as error:
            self._say_once(f"No entry into {pair}: {type(error).__name__}: {error}", error)
            return 0.0

    def _signal(
        self,
        pair: str,
        now: datetime,
        price: float,
        bounds: tuple[float, float],
        leverage: float,
    ) -> None:
        reading = self._reading(pair, now)
        if reading is None:
            logger.info("No entry into %s: it has not been analysed yet.", pair)
            return
        self.run.unseen.judged(pair, reading.ended)
        self._decide(self._request(pair, now, price, reading, bounds, leverage), reading)

    def _copy(
        self,
        pair: str,
        now: datetime,
        price: float,
        bounds: tuple[float, float],
        leverage: float,
        tag: str,
    ) -> None:
        """Each refusal says in the log which copy it refused, and why."""
        try:
            copy = parse(tag)
        except MalformedCopy as error:
            logger.warning("No entry into %s: %s", pair, error)
            return
        reading = self._reading(pair, now)
        if reading is None:
            refuse(copy, (f"{pair} has not been analysed here: is it in pair_whitelist?",))
            return
        reading = planned(copy, reading)
        request = as_copy(copy, self._request(pair, now, price, reading, bounds, leverage))
        against = objections(copy, request, self.nija_settings, abs(self.stoploss) * WIDEST)
        reasons = tuple(Reason("copying", sentence) for sentence in against)
        if reasons:
            self.run.refuse(request, reading.ended, reasons)
        else:
            reasons = self._decide(request, reading, copy.share)
        if reasons:
            refuse(copy, tuple(reason.sentence for reason in reasons))

    def _decide(
        self, request: EntryRequest, reading: Reading, share: float = 1.0
    ) -> tuple[Reason, ...]:
        """Approves a stake, times `share`; else the reasons why not, which it records."""
        run, now = self.run, request.time
        if run.live is not None:
            run.live.look_at_cash(now, self.wallets, Trade.get_trades_proxy(is_open=True))
        if run.portfolio is not None:
            run.portfolio.look(now)
        account = run.check_loop(self._account(now))
        reasons = run.objections(request, account) or self._too_much_leverage(request, account)
        reasons = reasons or self._forced_against(request)
        if not reasons and self._waits(request, reading.ended):
            return ()  # freqtrade asks again in its next loop
        reasons = (
            reasons or self._compared(request) or self._sized(request, account, reading, share)
        )
        if reasons:
            run.reach_limits(reasons, account, self._requests_at_close(now))
            run.refuse(request, reading.ended, reasons)
        elif self._mode != "backtest":
            logger.info(entry_approved(request, account, run.approvals[request.pair]))
        return reasons

    def _too_much_leverage(self, request: EntryRequest, account: Account) -> tuple[Reason, ...]:
        """What speaks against a leverage not decided here: a forced entry brings its own."""
        largest = largest_leverage(request, account, self.nija_settings)
        if request.leverage <= largest:
            return ()
        return (
            Reason(
                "sizing.leverage",
                f"A leverage of {request.leverage:g} is more than the {largest:g} that the tier, "
                "max_leverage and the stop allow.",
            ),
        )

    def _forced_against(self, request: EntryRequest) -> tuple[Reason, ...]:
        """What speaks against an entry that freqtrade would not have asked about on a signal."""
        if self._mode == "backtest":
            return ()
        found = forced_against(request.pair, request.time)
        return (found,) if found is not None else ()

    def _waits(self, request: EntryRequest, candle: datetime) -> bool:
        """Whether a broker that comes first in exchange_priority has yet to judge the candle. A
        copy does not wait: nobody asks for it again in the next loop."""
        portfolio = self.run.portfolio
        if portfolio is None or request.copy_of is not None:
            return False
        first = portfolio.waits_for(candle, request.time)
        if first is not None:
            logger.info("The entry into %s waits for %s, which comes first.", request.pair, first)
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
        self, request: EntryRequest, account: Account, reading: Reading, share: float
    ) -> tuple[Reason, ...]:
        """Approves a position for the request, times `share`, and promises its plan; else why there
        is none."""
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
        stake, refusal = shared(decision, share, request, settings)
        if refusal is not None:
            return (Reason("copying", refusal),)
        taken = run.reserve(request, stake, account)
        if taken:
            return taken
        run.approvals[request.pair] = stake * request.leverage
        run.stakes.promise(request, account, replace(decision, stake=stake), settings)
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
                self._run.live.orders.expect(pair, current_time)
            return True
        if self._run and self._run.portfolio:
            self._run.portfolio.release(pair, current_time)
        logger.error(
            decided(
                "entry_refused",
                f"No entry into {pair}: an order of {amount * rate:.2f} is not the position of "
                f"{approved:.2f} NIJA decided.",
                pair=pair,
                rules="engine.other_stake",
                price=rate,
            )
        )
        return False

    def check_entry_timeout(
        self, pair: str, trade: Trade, order: Order, current_time: datetime, **kwargs: Any
    ) -> bool:
        """Whether a resting entry is cancelled before freqtrade's own time-out: its price is of
        another time, and it holds a slot and cash; or a loss limit is reached, which would have
        what it buys sold at once, for the fees of both."""
        if self.run.memory.locked & {DAY, DRAWDOWN}:
            return True
        return self.nija_settings.clear_entry_blocks and outlived_a_start(
            order, trade, self._started
        )
