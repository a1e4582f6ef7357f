"""The real bot in dry-run enters: when, with which stake, under which stop; or a person asks."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from freqtrade.persistence import PairLocks, Trade
from freqtrade.rpc.rpc import RPC, RPCException

from nija_plugins.entry import EntryRequest, Market
from nija_plugins.settings import Settings
from nija_plugins.sizing.decision import Decision, decide
from nija_plugins.sizing.hybrid import nija_stake
from nija_plugins.venue.listings import EXCHANGES
from nija_plugins.view import Regime
from tests.conftest import an_account
from tests.integration.dry_run.pairs import BTC, ETH, SOL, TICK
from tests.integration.live import (
    RESTING,
    Bot,
    Home,
    broken,
    open_pairs,
    open_trade,
    paid,
    script,
)
from tests.integration.painted_market import DAYS, HISTORY, PaintedMarket, after

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")


def sized(
    bot: Bot, pair: str, wallet: float, plan: dict[str, float], price: float, **changes: Any
) -> Decision:
    """What NIJA's sizer makes of a fresh account of `wallet` on Coinbase."""
    listing = EXCHANGES["coinbase"].listing(pair)
    frame, _ = bot.strategy.dp.get_analyzed_dataframe(pair, "1h")
    request = EntryRequest(
        pair=pair,
        time=datetime.now(UTC),
        price=price,
        exchange="coinbase",
        mode="dry_run",
        regime=Regime(frame["nija_regime"].iloc[-1]),
        score=float(frame["nija_score"].iloc[-1]),
        daily_volatility=float(frame["nija_volatility"].iloc[-1]),
        market=Market(
            amount_step=float(listing.amount_step),
            amount_min=float(listing.amount_min),
            cost_min=float(listing.cost_min),
            fee=float(EXCHANGES["coinbase"].taker),
        ),
        minimum_stake=float(listing.cost_min) * 1.5,
        maximum_stake=wallet,
        tradable_pairs=3,
        **plan,
    )
    settings = Settings()
    account = an_account(wallet, settings, exchange="coinbase", **changes)
    wish = nija_stake(request=request, account=account, settings=settings)
    return decide(wish, request, account, settings)


def a_breakout(market: PaintedMarket) -> None:
    """A long rise, three weeks in a range, and in the hours 4 to 8 a clean break out of it."""
    days = np.arange(-HISTORY * 24, 0) / 24
    rise = np.exp(0.003 * np.minimum(days + 20, 0))
    swing = 1 + np.where(days > -20, -0.05 * np.sin(2 * np.pi * days / 5), 0.0)
    noise = 1 + np.random.default_rng(3).normal(0, 0.0008, len(days))
    closes = 40_000 * rise * swing * noise
    market.shape("BTC", np.concatenate([closes, np.full(DAYS * 24, closes[-1])]))
    market.paint("BTC", 4, [1.02, 1.04, 1.06, 1.08])


class TestEntry:
    """On the close of a 4h bar, with the stake the sizer decides, under its planned stop."""

    def test_nija_micro_enters_a_breakout(self, home: Home) -> None:
        """NIJA's own voters, plan and rules, with the configuration as it ships."""
        a_breakout(home.market)
        bot = home.start((BTC, ETH, SOL)).at(4).at(7)
        assert not open_pairs(), "the bar is not complete"
        bot.at(8)
        assert open_pairs() == {BTC}
        trade = open_trade()
        assert trade.open_date_utc == after(8)
        frame, _ = bot.strategy.dp.get_analyzed_dataframe(BTC, "1h")
        row = frame.iloc[-1]
        plan = {name: float(row[f"nija_{name}"]) for name in ("stop", "target", "trail")}
        decision = sized(bot, BTC, 100.0, plan, trade.open_rate_requested)
        assert decision.refusal is None
        assert trade.amount == decision.amount
        assert trade.stake_amount == pytest.approx(decision.stake, abs=1e-5)
        assert trade.stop_loss == pytest.approx(trade.open_rate * (1 - plan["stop"]), abs=TICK)
        assert trade.get_custom_data("nija_plan") == plan
        assert trade.enter_tag == row["nija_regime"]

    def test_stake_stop_and_state_file(self, home: Home) -> None:
        home.plugin("script", script({BTC: [8]}, stop=0.05))
        bot = home.start((BTC, ETH, SOL)).at(7)
        assert home.tier_state["current_tier"] == "STARTER"
        assert home.tier_state["last_equity"] == 100.0
        assert home.tier_state["account"] == "dry_run USD"
        assert bot.config["max_open_trades"] == bot.strategy.max_open_trades == 2
        bot.at(8)
        trade = open_trade()
        plan = {"stop": 0.05, "target": 0.60, "trail": 0.06}
        decision = sized(bot, BTC, 100.0, plan, trade.open_rate_requested)
        assert trade.amount == decision.amount
        assert trade.stop_loss == pytest.approx(trade.open_rate * 0.95, abs=TICK)
        assert trade.stop_loss >= trade.open_rate * 0.95, "never wider than planned"
        assert trade.get_custom_data("nija_plan") == plan

    def test_free_cash_includes_the_entry_fee_until_nija_takes_it_off(self, home: Home) -> None:
        """In dry-run freqtrade books the entry fee only when the trade closes."""
        home.plugin("script", script({BTC: [8]}))
        bot = home.start().at(8)
        trade = open_trade()
        assert bot.wallets.get_free("USD") == pytest.approx(100 - trade.stake_amount)
        assert bot.account().free_cash == pytest.approx(100 - paid(trade))
        assert bot.account().cash == pytest.approx(100 - paid(trade))

    def test_the_second_stake_of_a_loop_knows_the_first(self, home: Home) -> None:
        """Two signals on one candle: the second is sized on what the first one left."""
        home.plugin("script", script({BTC: [8], ETH: [8], SOL: [8]}))
        bot = home.start((BTC, ETH, SOL)).at(8)
        assert open_pairs() == {BTC, ETH}, "STARTER has two positions"
        first, second = open_trade(BTC), open_trade(ETH)
        left = 100.0 - paid(first)
        closes = {BTC: home.market.price("BTC")}
        worth = left + first.amount * closes[BTC] * (1 - first.fee_close)
        assert second.stake_amount < first.stake_amount
        assert second.stake_amount / first.stake_amount == pytest.approx(worth / 100.0, rel=1e-4)
        assert bot.said("Entry into SOL/USD refused") == []  # the engine has no slot to ask about

    def test_a_trade_that_inherits_an_id_has_its_own_plan(self, home: Home) -> None:
        """An entry that never fills leaves the database, and SQLite gives its id to the next
        trade: the stake is sized for the new plan, so the stop must be the new one's."""
        stops: Any = f"{{{BTC!r}: 0.10, {ETH!r}: 0.04}}[pair]"
        home.plugin("script", script({BTC: [8], ETH: [12]}, stop=stops))
        home.market.paint("BTC", 8, [1.001])
        home.market.paint("ETH", 12, [0.99])
        bot = home.start((BTC, ETH), **RESTING).at(8, 3300).at(8, 3400)
        never_filled = open_trade(BTC).id
        bot.at(9, 900)
        assert not open_pairs(), "it rested for longer than unfilledtimeout"
        bot.at(12).at(12, 400)
        trade = open_trade(ETH)
        assert trade.id == never_filled and not trade.has_open_orders
        assert trade.get_custom_data("nija_plan") == {"stop": 0.04, "trail": 0.06, "target": 0.6}
        assert trade.stop_loss == pytest.approx(trade.open_rate * 0.96, abs=TICK)


class TestForcedEntry:
    """A person may ask for an entry; the rules and the sizer are the same."""

    def force(self, bot: Bot, pair: str, stake: float) -> None:
        RPC(bot.worker.freqtrade)._rpc_force_entry(pair, None, stake_amount=stake)

    def test_the_sizer_decides(self, home: Home) -> None:
        """$90 were asked for; a rule that objected to the bot's own attempt has let go."""
        home.plugin("script", script({BTC: [8]}))
        home.plugin(
            "later", broken("nija_veto", "request", "return 'Later.'", "request.time.minute == 0")
        )
        bot = home.start(force_entry_enable=True).at(8)
        assert not open_pairs()
        assert len(bot.said("Entry into BTC/USD refused: Later.")) == 1
        bot.clock.move_to(after(8, 60))
        self.force(bot, BTC, 90.0)
        assert open_trade().stake_amount < 18.0
        assert open_trade().stop_loss == pytest.approx(open_trade().open_rate * 0.96, abs=TICK)

    def test_the_rules_judge(self, home: Home) -> None:
        home.plugin("script", script({BTC: [8]}))
        settings = {"trade_only": ["ETH"]}
        bot = home.start(force_entry_enable=True, nija=settings).at(8)
        with pytest.raises(RPCException):
            self.force(bot, BTC, 20.0)
        assert not open_pairs()

    def test_one_position_a_pair(self, home: Home) -> None:
        """freqtrade looks whether the pair is open before it waits for its turn: the bot may have
        entered meanwhile, and two copies of one request may wait."""
        home.plugin("script", script({BTC: [8]}))
        bot = home.start(force_entry_enable=True).at(8)
        assert open_pairs() == {BTC}
        assert not bot.worker.freqtrade.execute_entry(BTC, 20.0, enter_tag="force_entry")
        assert open_trade().nr_of_successful_entries == 1
        assert bot.said("Entry into BTC/USD refused: A position in BTC/USD is open.")

    @pytest.mark.parametrize(("locked", "entered"), [("Not BTC.", False), ("Auto lock", True)])
    def test_a_pair_that_a_person_locked(self, home: Home, locked: str, entered: bool) -> None:
        """freqtrade's own lock after an exit is for its signals, and a person may force on."""
        home.plugin("script", script({BTC: [8]}))
        home.plugin(
            "later", broken("nija_veto", "request", "return 'Later.'", "request.time.minute == 0")
        )
        bot = home.start(force_entry_enable=True).at(8)
        bot.clock.move_to(after(8, 60))
        PairLocks.lock_pair(BTC, after(8, 120), locked, now=after(8, 60))
        if entered:
            self.force(bot, BTC, 20.0)
            assert open_pairs() == {BTC}
            return
        with pytest.raises(RPCException):
            self.force(bot, BTC, 20.0)
        assert bot.said("BTC/USD is locked until 2025-03-04 09:00 UTC (Not BTC.)")
        assert not open_pairs()

    def test_nothing_is_added_to_a_position(self, home: Home) -> None:
        """With position_adjustment_enable freqtrade would add what it proposes, all the free cash
        of a slot, and ask neither for a stake nor for a confirmation."""
        home.plugin("script", script({BTC: [8]}))
        bot = home.start(force_entry_enable=True, position_adjustment_enable=True).at(8)
        amount = open_trade().amount
        with pytest.raises(RPCException, match="already open"):
            self.force(bot, BTC, 20.0)
        bot.at(8, 10)
        assert (open_trade().amount, len(open_trade().orders)) == (amount, 1)
        assert bot.said("position_adjustment_enable is ignored")


def test_freqtrades_own_bounds_bound_nothing_and_that_is_said(home: Home) -> None:
    """Who has lived with freqtrade sets them, and would find more at risk than they say."""
    home.plugin("script", script({BTC: [8], ETH: [8]}))
    bot = home.start([BTC, ETH], max_open_trades=1, stake_amount=6).at(8)
    assert open_pairs() == {BTC, ETH}
    assert sum(trade.stake_amount for trade in Trade.get_trades_proxy(is_open=True)) > 25
    assert bot.said("max_open_trades 1 is ignored")
    assert bot.said("stake_amount 6 is ignored")


def test_as_shipped_nothing_is_ignored(home: Home) -> None:
    assert not home.start().said("is ignored")
