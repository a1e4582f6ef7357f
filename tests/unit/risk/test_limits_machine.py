"""Whatever the order of entries, fills, price moves, midnights, restarts, deposits, withdrawals,
unlocks and changes of settings: no loss limit is ever broken.

Hypothesis drives NIJA's own strategy object over the engine's real database of trades (in memory)
and NIJA's own memory (a file). Prices do not gap: whoever reaches a stop is sold at it. What the
limits promise is kept by a second, plain bookkeeping here.
"""

import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from freqtrade.enums import RunMode
from freqtrade.persistence import Order, PairLocks, Trade, init_db
from freqtrade.persistence.usedb_context import enable_database_use
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from nija_plugins import locks
from nija_plugins.scaling.tiers import tier_for
from tests.integration.live import SESSIONS
from tests.unit.hooks.conftest import SmallStrategy

PAIRS = ("BTC/USD", "ETH/USD", "SOL/USD")
FEE = 0.012
STEP = 1e-8
BEGIN = datetime(2024, 3, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
# From a candle's end to the loop that sees it.
A_MOMENT = timedelta(seconds=5)
DEFAULTS = {"daily_max_loss": 6.0, "max_drawdown": 12.0, "max_consecutive_losses": 3}


class World:
    """An exchange without gaps: prices, money from outside, and the engine's dry-run wallet."""

    def __init__(self, cash: float) -> None:
        self.now = BEGIN + A_MOMENT
        self.outside = cash
        self.read: datetime = self.now
        self.prices = dict.fromkeys(PAIRS, 100.0)
        self.closes: dict[str, list[float]] = {pair: [100.0] for pair in PAIRS}
        self.ends = [BEGIN]
        self.stops = dict.fromkeys(PAIRS, 0.04)

    def next_hour(self, prices: dict[str, float]) -> None:
        """Candles end on whole hours, whenever the bot last looked."""
        end = self.now.replace(minute=0, second=0) + HOUR
        self.now = end + A_MOMENT
        self.prices = prices
        for pair, price in prices.items():
            self.closes[pair].append(price)
        self.ends.append(end)

    @property
    def trades(self) -> list[Trade]:
        return list(Trade.get_trades_proxy(is_open=True))

    @property
    def total(self) -> float:
        """As freqtrade books a dry-run: the entry fee counts when a trade closes."""
        tied = sum(trade.amount * trade.open_rate for trade in self.trades)
        return self.outside + Trade.get_total_closed_profit() - tied

    @property
    def equity(self) -> float:
        paid = sum(t.amount * t.open_rate * t.fee_open for t in self.trades)
        worth = sum(t.amount * self.prices[t.pair] * (1 - FEE) for t in self.trades)
        return self.total - paid + worth

    @property
    def worst_case(self) -> float:
        paid = sum(t.amount * t.open_rate * t.fee_open for t in self.trades)
        worth = sum(
            t.amount * min(t.stop_loss, self.prices[t.pair]) * (1 - FEE) for t in self.trades
        )
        return self.total - paid + worth

    def view(self, pair: str) -> pd.DataFrame:
        """Every candle is a good signal with this pair's present stop."""
        rows = len(self.ends)
        return pd.DataFrame(
            {
                "date": pd.DatetimeIndex([end - HOUR for end in self.ends]),
                "close": self.closes[pair],
                "nija_regime": "breakout",
                "nija_score": 0.9,
                "nija_stop": self.stops[pair],
                "nija_target": 0.9,
                "nija_trail": 0.20,
                "nija_confidence": 0.9,
                "nija_win_prob": 0.7,
                "nija_doubt": None,
                "nija_volatility": 0.03,
                "nija_problem": None,
                "nija_candidate": True,
            },
            index=range(rows),
        )


def bot_in(world: World, folder: Path, nija: dict[str, Any]) -> Any:
    """NIJA's strategy as freqtrade would start it now."""
    strategy = SmallStrategy(
        {
            "user_data_dir": folder,
            "runmode": RunMode.DRY_RUN,
            "dry_run": True,
            "db_url": "sqlite:///machine.sqlite",
            "exchange": {"name": "kraken"},
            "stake_currency": "USD",
            "dry_run_wallet": world.outside,
            "max_open_trades": 2,
            "nija": {"ai_trade_filter": False, **nija},
        }
    )
    limits = {"amount": {"min": 1e-4}, "cost": {"min": 0.5}}
    listed = {"precision": {"amount": STEP}, "limits": limits, "maker": FEE, "taker": FEE}
    strategy.dp = SimpleNamespace(
        current_whitelist=lambda: list(PAIRS),
        market=lambda pair: listed,
        ohlcv=lambda pair, copy=True: world.view(pair),
        send_msg=lambda message, always_send=False: None,
    )

    def update() -> None:
        world.read = world.now

    strategy.wallets = Wallet(
        get_total=lambda currency: world.total if currency == "USD" else 0.0,
        get_free=lambda currency: world.total,
        get_owned=lambda pair, currency: 0.0,
        update=update,
        _exchange=None,
    )
    # freqtrade's own name for it.
    type(strategy.wallets)._last_wallet_refresh = property(lambda _: world.read)
    return strategy


class Wallet(SimpleNamespace):
    """A namespace of its own, so that the property above stays here."""


class LossLimits(RuleBasedStateMachine):
    """See the module."""

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
        order = self.fill(trade, "sell", trade.amount, price)
        trade.close(price, show_msg=False)
        Trade.commit()
        earned = trade.amount * (price * (1 - FEE) - trade.open_rate * (1 + FEE))
        assert trade.close_profit_abs == pytest.approx(earned, abs=1e-4), "the engine booked it"
        self.bot.order_filled(
            pair=trade.pair, trade=trade, order=order, current_time=self.world.now
        )

    def fill(self, trade: Trade, side: str, amount: float, price: float) -> Order:
        """The engine takes profit and loss from a trade's orders alone."""
        now = self.world.now
        order = Order(
            ft_order_side=side,
            ft_pair=trade.pair,
            ft_is_open=False,
            ft_amount=amount,
            ft_price=price,
            order_id=f"{trade.pair}-{side}-{now:%Y%m%d%H%M%S}",
            status="closed",
            side=side,
            order_type="limit",
            price=price,
            average=price,
            amount=amount,
            filled=amount,
            remaining=0.0,
            cost=amount * price,
            order_date=now,
            order_filled_date=now,
        )
        trade.orders.append(order)
        return order

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

    # -- what may happen ----------------------------------------------------------------------

    @rule(
        hours=st.integers(1, 5),
        factors=st.tuples(*[st.floats(0.85, 1.12)] * 3),
    )
    def prices_move(self, hours: int, factors: tuple[float, float, float]) -> None:
        self.move(hours, factors)

    @rule(factors=st.tuples(*[st.floats(0.9, 1.3)] * 3))
    def midnight_comes(self, factors: tuple[float, float, float]) -> None:
        self.move(24 - self.world.now.hour, factors)

    @rule(pair=st.sampled_from(PAIRS), stop=st.floats(0.01, 0.25))
    def signal(self, pair: str, stop: float) -> None:
        """freqtrade asks for a stake, and buys what it is told."""
        if any(trade.pair == pair for trade in self.world.trades):
            return
        self.world.stops[pair] = stop
        self.bot._book.observe(pair, self.world.view(pair))
        price = self.world.prices[pair]
        stake = self.bot.custom_stake_amount(
            pair=pair,
            current_time=self.world.now,
            current_rate=price,
            proposed_stake=1e9,
            min_stake=0.75,
            max_stake=self.world.total,
            leverage=1.0,
            entry_tag=None,
            side="long",
        )
        if stake == 0:
            return
        equity, held = self.world.equity, len(self.world.trades)
        assert not self.locked(), "nothing is entered under a lock"
        tier = tier_for(equity, self.bot.run.scaling.tier, 5)
        assert tier is not None and held < tier.max_positions
        amount = int(stake / price / STEP) * STEP
        assert self.bot.confirm_trade_entry(
            pair=pair,
            order_type="limit",
            amount=amount,
            rate=price,
            time_in_force="GTC",
            current_time=self.world.now,
            entry_tag=None,
            side="long",
        )
        self.buy(pair, amount, price)
        at_risk = amount * price * ((1 + FEE) - (1 - stop) * (1 - FEE))
        assert at_risk <= tier.risk_per_trade / 100 * equity * (1 + 1e-6)
        assert self.world.worst_case >= self.floor - 1e-6 * equity
        paid = sum(t.amount * t.open_rate * t.fee_open for t in self.world.trades)
        assert self.world.total - paid >= 0.15 * equity - 1e-6 * equity
        assert amount * price <= 0.36 * equity * (1 + 1e-6)

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
        order = self.fill(trade, "buy", amount, price)
        Trade.commit()
        self.bot.order_filled(pair=pair, trade=trade, order=order, current_time=now)
        self.stop_of(trade, after_fill=True)

    @rule(
        pair=st.sampled_from(PAIRS),
        stop=st.floats(0.03, 0.25),
        rises=st.lists(st.floats(1.0, 1.3), min_size=1, max_size=3),
    )
    def good_days(self, pair: str, stop: float, rises: list[float]) -> None:
        """A position, and mornings with more equity than the one before: floors rise above W."""
        self.signal(pair, stop)
        for rise in rises:
            self.move(
                24 - self.world.now.hour, tuple(rise if one == pair else 1.0 for one in PAIRS)
            )

    @precondition(lambda self: self.world.trades)
    @rule()
    def restart(self) -> None:
        """Killed, and started again at the same instant: as if nothing had happened."""
        marks, locked = self.bot.run.memory.benchmarks, self.locked()
        self.bot = bot_in(self.world, Path(self.folder.name), self.nija)
        self.world.now += A_MOMENT
        self.loop()
        assert self.bot.run.memory.benchmarks == marks
        assert self.locked() == locked

    @rule(hours=st.integers(1, 30), factor=st.floats(0.95, 1.15))
    def a_day_off(self, hours: int, factor: float) -> None:
        """The bot is down for hours; what it missed it reads from the candles."""
        for _ in range(hours):
            prices = {pair: price * factor for pair, price in self.world.prices.items()}
            for trade in self.world.trades:
                if prices[trade.pair] <= trade.stop_loss:  # an unguarded fall is a gap: not here
                    prices[trade.pair] = self.world.prices[trade.pair]
            self.world.next_hour(prices)
            self.mark()
            factor = 1.0
        self.bot = bot_in(self.world, Path(self.folder.name), self.nija)
        self.loop()
        marks = self.bot.run.memory.benchmarks
        assert marks.day_open == pytest.approx(self.day_open, rel=1e-6)
        assert marks.peak == pytest.approx(self.peak, rel=1e-6)

    @rule(share=st.floats(-0.5, 2.0))
    def money_moves(self, share: float) -> None:
        """A deposit, or a withdrawal of at most the cash."""
        before = self.world.equity
        amount = round(max(share * before, -0.9 * self.world.total), 2)
        if abs(amount) < 0.05 * before or before <= 0:
            return
        held = {trade.id for trade in self.world.trades}
        self.world.outside += amount
        grown = self.world.equity / before
        self.day_open, self.peak = self.day_open * grown, self.peak * grown
        self.forgiven *= grown
        for _ in range(3):
            self.world.now += A_MOMENT
            self.loop()
        assert {trade.id for trade in self.world.trades} == held, "moving money closes nothing"
        marks = self.bot.run.memory.benchmarks
        assert marks.peak == pytest.approx(self.peak, rel=1e-6)
        assert marks.day_open == pytest.approx(self.day_open, rel=1e-6)

    @precondition(lambda self: self.locked())
    @rule(data=st.data())
    def a_person_unlocks(self, data: st.DataObject) -> None:
        reason = data.draw(st.sampled_from(sorted(self.locked())))
        locks.release(locks.ALL, reason, self.world.now)
        self.world.now += A_MOMENT
        if reason == locks.DRAWDOWN:
            self.peak = self.world.equity
        self.loop()
        if reason == locks.DAY and self.world.equity <= 0.94 * self.day_open:
            assert locks.DAY in self.locked()

    @precondition(lambda self: self.world.trades)
    @rule(
        day=st.sampled_from([2.0, 4.0, 6.0]),
        fall=st.sampled_from([5.0, 8.0, 12.0]),
        losses=st.sampled_from([1, 3, 9]),
    )
    def settings_change(self, day: float, fall: float, losses: int) -> None:
        """Stricter limits than what is lost already sell at the price of that moment."""
        self.nija = {
            "daily_max_loss": day,
            "max_drawdown": fall,
            "max_consecutive_losses": losses,
        }
        self.bot = bot_in(self.world, Path(self.folder.name), self.nija)
        self.world.now += A_MOMENT
        self.forgiven = min(self.forgiven, self.world.equity)
        self.loop()

    # -- what always holds --------------------------------------------------------------------

    @invariant()
    def no_limit_is_broken(self) -> None:
        """The equity stands on or above both floors, or where a change of settings found it."""
        if not hasattr(self, "world"):
            return
        equity = self.world.equity
        least = min(self.floor, self.forgiven)
        assert equity >= least * (1 - 1e-6), f"{equity} below {least}"
        assert self.world.worst_case >= min(self.floor, equity, least) * (1 - 1e-6)


@pytest.fixture(autouse=True)
def the_engines_database(monkeypatch: pytest.MonkeyPatch):
    """Sessions and modes of the engine are as before afterwards."""
    for owner in SESSIONS:
        monkeypatch.setattr(owner, "session", None, raising=False)
    monkeypatch.setattr(PairLocks, "timeframe", "1h")
    # It reads every source file, for freqtrade's cache; there is none here.
    monkeypatch.setattr("nija_plugins.manager.fingerprint", lambda *_: "")
    used = PairLocks.use_db, Trade.use_db
    yield
    PairLocks.use_db, Trade.use_db = used


@pytest.mark.usefixtures("the_engines_database")
class TestLossLimits(LossLimits.TestCase):
    settings = settings(
        max_examples=8,
        stateful_step_count=20,
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.slow
@pytest.mark.usefixtures("the_engines_database")
class TestLossLimitsAtLength(LossLimits.TestCase):
    settings = settings(
        max_examples=60,
        stateful_step_count=50,
        suppress_health_check=list(HealthCheck),
    )
