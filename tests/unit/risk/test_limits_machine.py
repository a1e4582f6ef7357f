"""Whatever the order of entries, fills, price moves, midnights, restarts, deposits, withdrawals,
unlocks and changes of settings: no loss limit is ever broken.

Hypothesis drives NIJA's own strategy object over the engine's real database of trades (in memory)
and NIJA's own memory (a file). Prices do not gap: whoever reaches a stop is sold at it. What the
limits promise is kept by a second, plain bookkeeping (guarded_account).
"""

from pathlib import Path

import pytest
from freqtrade.persistence import PairLocks, Trade
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from nija_plugins import locks
from nija_plugins.scaling.tiers import tier_for
from tests.integration.live import SESSIONS
from tests.unit.risk.guarded_account import GuardedAccount
from tests.unit.risk.world import A_MOMENT, FEE, PAIRS, STEP, bot_in


class LossLimits(GuardedAccount):
    """See the module."""

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
