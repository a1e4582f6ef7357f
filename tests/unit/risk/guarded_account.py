"""The account of test_limits_machine.py: the engine's part of its machine, and the second
bookkeeping of what the loss limits promise."""

import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import PairLocks, Trade, init_db
from freqtrade.persistence.usedb_context import enable_database_use
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize

from nija_plugins import locks
from tests.unit.risk.world import BEGIN, FEE, PAIRS, STEP, World, bot_in
from tests.unit.stand_ins import filled_order

DEFAULTS = {"daily_max_loss": 6.0, "max_drawdown": 12.0, "max_consecutive_losses": 3}


class GuardedAccount(RuleBasedStateMachine):
    """A bot in a world without gaps, over the engine's real database of trades (in memory)."""

    @initialize(
        cash=st.sampled_from([15.0, 40.0, 100.0, 249.0, 480.0, 990.0, 5000.0]),
        stop=st.floats(0.02, 0.15),
    )
    def begin(self, cash: float, stop: float) -> None:
        enable_database_use()
        PairLocks.timeframe = "1h"
        init_db("sqlite://")
        self.folder = tempfile.TemporaryDirectory()
        self.world = World(cash)
        self.world.stops = dict.fromkeys(PAIRS, stop)
        self.nija: dict[str, Any] = {}
        self.day, self.day_open, self.peak = BEGIN.date(), cash, cash
        self.forgiven = float("inf")
        self.bot = bot_in(self.world, Path(self.folder.name), self.nija)
        self.loop()

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()
            Trade.session.remove()

    # -- what the limits promise, kept by hand ----------------------------------------------

    def setting(self, name: str) -> float:
        return float(self.nija.get(name, DEFAULTS[name]))

    @property
    def floor(self) -> float:
        day = (1 - self.setting("daily_max_loss") / 100) * self.day_open
        return max(day, (1 - self.setting("max_drawdown") / 100) * self.peak)

    def mark(self) -> None:
        today: date = self.world.now.date()
        if today != self.day:
            self.day, self.day_open = today, self.world.equity
        self.peak = max(self.peak, self.world.equity)

    def locked(self) -> set[str]:
        return set(locks.active(self.world.now))

    # -- the engine's part --------------------------------------------------------------------

    def loop(self) -> None:
        """One iteration of the bot at the present moment."""
        self.mark()
        for pair in PAIRS:
            self.bot._book.observe(pair, self.world.view(pair))
        self.bot.bot_loop_start(current_time=self.world.now)
        assert self.bot.run.loop == self.world.now, "the loop valued the account"
        for trade in self.world.trades:
            self.stop_of(trade, after_fill=False)
            price = self.world.prices[trade.pair]
            if self.ask(self.bot.custom_exit, trade):
                self.sell(trade, price)

    def ask(self, callback: Callable[..., Any], trade: Trade, **more: Any) -> Any:
        return callback(
            pair=trade.pair,
            trade=trade,
            current_time=self.world.now,
            current_rate=self.world.prices[trade.pair],
            current_profit=0.0,
            **more,
        )

    def stop_of(self, trade: Trade, *, after_fill: bool) -> None:
        distance = self.ask(self.bot.custom_stoploss, trade, after_fill=after_fill)
        if distance:
            trade.adjust_stop_loss(
                self.world.prices[trade.pair], distance, allow_refresh=after_fill
            )
        Trade.commit()

    def sell(self, trade: Trade, price: float) -> None:
        order = filled_order(trade.pair, "sell", trade.amount, price, self.world.now)
        trade.orders.append(order)  # freqtrade takes profit and loss from the orders alone
        trade.close(price, show_msg=False)
        Trade.commit()
        earned = trade.amount * (price * (1 - FEE) - trade.open_rate * (1 + FEE))
        assert trade.close_profit_abs == pytest.approx(earned, abs=1e-4), "the engine booked it"
        self.bot.order_filled(
            pair=trade.pair, trade=trade, order=order, current_time=self.world.now
        )

    def move(self, hours: int, factors: tuple[float, ...]) -> None:
        """Prices go their way without a gap and then stand; stops on the way sell at the stop; the
        bot looks after the first hour and after the last."""
        for hour in range(hours):
            before = self.world.prices
            self.world.next_hour(
                {
                    pair: max(before[pair] * factor, 1.0)
                    for pair, factor in zip(PAIRS, factors, strict=True)
                }
            )
            for trade in self.world.trades:
                if self.world.prices[trade.pair] <= trade.stop_loss:
                    self.sell(trade, min(trade.stop_loss, before[trade.pair]))
            if hour in (0, hours - 1):
                self.loop()
            factors = (1.0, 1.0, 1.0)

    def buy(self, pair: str, amount: float, price: float) -> None:
        now = self.world.now
        trade = Trade(
            pair=pair,
            base_currency=pair.partition("/")[0],
            stake_currency="USD",
            stake_amount=amount * price,
            amount=amount,
            amount_requested=amount,
            is_open=True,
            fee_open=FEE,
            fee_close=FEE,
            open_rate=price,
            open_rate_requested=price,
            open_date=now,
            exchange="kraken",
            leverage=1.0,
            amount_precision=STEP,
            price_precision=1e-6,
            precision_mode=4,
            precision_mode_price=4,
        )
        trade.adjust_stop_loss(price, self.bot.stoploss, initial=True)
        Trade.session.add(trade)
        order = filled_order(pair, "buy", amount, price, now)
        trade.orders.append(order)
        Trade.commit()
        self.bot.order_filled(pair=pair, trade=trade, order=order, current_time=now)
        self.stop_of(trade, after_fill=True)
