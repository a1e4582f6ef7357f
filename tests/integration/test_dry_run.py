"""The real bot in dry-run: what a user of NijaMicro relies on while money is at stake.

freqtrade's own Worker over the simulated exchange, one iteration a call (see `live`). Signals come
from NIJA's own voters in one test, from a scripted plugin in the others; the rules are always ours.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from freqtrade.rpc.rpc import RPC, RPCException

from nija_plugins.entry import EntryRequest, Market
from nija_plugins.scaling.tiers import tier_for
from nija_plugins.settings import Settings
from nija_plugins.sizing.decision import Decision, decide
from nija_plugins.sizing.hybrid import nija_stake
from nija_plugins.venue.listings import EXCHANGES
from nija_plugins.view import Regime
from tests.conftest import an_account
from tests.integration.live import (
    DAYS,
    HISTORY,
    RAISES,
    RESTING,
    Bot,
    Home,
    PaintedMarket,
    after,
    broken,
    closed_trade,
    equity,
    open_pairs,
    open_trade,
    paid,
    script,
)

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC, ETH, SOL = "BTC/USD", "ETH/USD", "SOL/USD"
TICK = 0.01
CENT = 0.005


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
        assert trade.get_custom_data("nija_plan") == {k: plan[k] for k in ("stop", "trail")}
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
        assert trade.get_custom_data("nija_plan") == {"stop": 0.05, "trail": 0.06}

    def test_free_cash_includes_the_entry_fee_until_nija_takes_it_off(self, home: Home) -> None:
        """DESIGN §4: in dry-run freqtrade books the entry fee only when the trade closes."""
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


class TestExit:
    """The stop follows closes upwards; falling through it ends the trade."""

    def test_the_stop_rises_with_closes_and_never_falls(self, home: Home) -> None:
        home.plugin("script", script({BTC: [8]}, stop=0.04, trail=0.06))
        home.market.paint("BTC", 8, [1.01, 1.05, 1.02, 1.04, 1.08])
        price = home.market.price("BTC")
        bot = home.start().at(8)
        stops = [open_trade().stop_loss]
        for hours in range(9, 14):
            bot.at(hours)
            stops.append(open_trade().stop_loss)
        planned = open_trade().open_rate * 0.96
        best = [price * 1.05 * 0.94] * 3 + [price * 1.08 * 0.94]
        assert stops == pytest.approx([planned, planned, *best], abs=TICK * 1.01)
        assert stops == sorted(stops)

    def test_a_high_within_a_candle_moves_no_stop(self, home: Home) -> None:
        home.plugin("script", script({BTC: [8]}))
        home.market.paint("BTC", 8, [1.20])
        bot = home.start().at(8)
        planned = open_trade().stop_loss
        bot.at(8, 3500)
        assert open_trade().stop_loss == planned
        bot.at(9)
        assert open_trade().stop_loss == pytest.approx(
            home.market.price("BTC") * 1.20 * 0.94, abs=TICK * 1.01
        )

    def test_falling_through_the_stop(self, home: Home) -> None:
        """The fall takes an hour, the bot looks every quarter of it; wallet and trade agree."""
        home.plugin("script", script({BTC: [8]}, stop=0.04))
        home.market.paint("BTC", 9, [0.92])
        price = home.market.price("BTC")
        bot = home.start().at(8).at(9)
        entry = open_trade()
        bought, amount = entry.open_rate, entry.amount
        bot.at(9, 900).at(9, 1750)
        assert open_pairs() == {BTC}, "the price is above the stop"
        bot.at(9, 2000)
        assert not open_pairs()
        trade = closed_trade()
        fell_to = price * (1 - 0.08 * 2000 / 3600)
        assert trade.close_rate == pytest.approx(fell_to, rel=2e-4)  # the bid, half a spread below
        assert trade.close_rate < trade.stop_loss
        profit = amount * (trade.close_rate * (1 - 0.012) - bought * (1 + 0.012))
        assert trade.close_profit_abs == pytest.approx(profit, abs=CENT)
        assert bot.wallets.get_total("USD") == pytest.approx(100 + profit, abs=CENT)
        assert bot.wallets.get_free("USD") == bot.wallets.get_total("USD")
        assert bot.wallets.get_total("BTC") == 0
        bot.at(10)
        assert home.tier_state["last_equity"] == pytest.approx(100 + profit, abs=CENT)
        assert (bot.account().wins, bot.account().losses) == (0, 1)

    def test_a_loss_at_the_stop_is_within_the_risk(self, home: Home) -> None:
        """The sizer promised: at most 3% of equity is lost at the stop, fees included."""
        home.plugin("script", script({BTC: [8]}, stop=0.26, target=4.0))
        # Down to just below the stop within one step of the bot.
        home.market.paint("BTC", 9, [0.7398])
        bot = home.start().at(8).at(10)
        loss = -closed_trade().close_profit_abs
        assert 2.5 < loss < 3.0 * 1.002
        assert bot.account().equity == pytest.approx(100 - loss, abs=CENT)

    def test_a_stop_is_a_stop_and_sells_at_the_market(self, home: Home) -> None:
        """A limit order, as for other exits, may stay behind in a fall, unfilled for minutes."""
        home.plugin("script", script({BTC: [8]}, stop=0.04))
        home.market.paint("BTC", 8, [0.92])
        home.start().at(8).at(8, 2000)
        trade = closed_trade()
        assert trade.orders[-1].order_type == "market"
        assert trade.exit_reason in ("stop_loss", "trailing_stop_loss")

    def test_a_trail_that_rose_above_the_price(self, home: Home) -> None:
        """The bot missed two hours (no candles, no power): up by 20% and back by 15%."""
        home.plugin("script", script({BTC: [8]}, stop=0.04, trail=0.06))
        home.market.paint("BTC", 8, [1.20, 1.02])
        home.start().at(8).at(10).at(10, 10)
        assert closed_trade().close_rate == pytest.approx(home.market.price("BTC") * 1.02, rel=2e-4)

    def test_a_time_stop(self, home: Home) -> None:
        home.plugin("script", script({BTC: [8]}, stop=0.04))
        bot = home.start().at(8)
        bot.strategy.time_stop = timedelta(hours=4)
        bot.at(12, 4)
        assert open_pairs() == {BTC}
        bot.at(12, 5)
        assert closed_trade().exit_reason == "nija_time_stop"

    def test_an_entry_that_rests(self, home: Home) -> None:
        """Its cash is reserved; the plan is that of its signal, though it fills a candle later."""
        home.plugin("script", script({BTC: [8]}, stop=0.05))
        home.market.paint("BTC", 8, [1.001, 0.99])
        bot = home.start(**RESTING).at(8, 3300)
        trade = open_trade()
        assert trade.has_open_orders
        assert trade.amount == 0
        (position,) = bot.account().positions
        assert position.amount == 0
        assert position.pending == pytest.approx(trade.open_orders[0].amount)
        assert bot.account().cash == pytest.approx(100)
        assert bot.account().free_cash == pytest.approx(
            100 - position.pending * trade.open_rate_requested
        )
        assert bot.account().equity == pytest.approx(100)
        bot.at(9, 200)
        trade = open_trade()
        assert not trade.has_open_orders
        assert trade.amount == position.pending
        assert trade.stop_loss == pytest.approx(trade.open_rate * 0.95, abs=0.1)
        assert trade.get_custom_data("nija_plan") == {"stop": 0.05, "trail": 0.06}

    def test_an_entry_that_fills_while_a_voter_fails(self, home: Home) -> None:
        """It was sized for a stop of 4%: the disaster stop of 30% loses seven times as much."""
        home.plugin("script", script({BTC: [8]}, stop=0.04))
        spoilt = "dataframe['date'].iloc[-1] >= pd.Timestamp('2025-03-04T08:00Z')"
        home.plugin("broken", broken("nija_votes", "dataframe", RAISES, spoilt))
        home.market.paint("BTC", 8, [1.001, 0.99])
        home.start(**RESTING).at(8, 3300).at(8, 3400).at(9, 200)
        trade = open_trade()
        assert not trade.has_open_orders
        assert trade.stop_loss == pytest.approx(trade.open_rate * 0.96, abs=0.1)


class TestRestart:
    """A kill in the middle of an open trade loses nothing that matters."""

    def test_the_plan_is_the_frozen_one(self, home: Home) -> None:
        home.plugin("script", script({BTC: [8]}, stop=0.04, trail=0.06))
        home.market.paint("BTC", 9, [1.05])
        home.start().at(8).at(9)
        home.kill()
        home.plugin("script", script({BTC: [8]}, stop=0.20, trail=0.25))
        bot = home.start().at(9, 60)
        trade = open_trade()
        assert trade.stop_loss == pytest.approx(trade.open_rate * 0.96, abs=TICK)
        bot.at(10)
        assert open_trade().stop_loss == pytest.approx(
            home.market.price("BTC") * 1.05 * 0.94, abs=TICK * 1.01
        )
        assert open_trade().get_custom_data("nija_plan") == {"stop": 0.04, "trail": 0.06}

    def test_the_tier_comes_back_silently(self, home: Home) -> None:
        """GROWTH was reached; now the equity is lower, but within the buffer."""
        home.plugin("script", script({BTC: [8]}))
        home.start(dry_run_wallet=251).at(7).at(8)
        assert equity(251, {BTC: home.market.price("BTC")}) > 250
        home.market.paint("BTC", 8, [0.97])
        home.kill()
        bot = home.start(dry_run_wallet=251).at(9)
        assert bot.said("AUTO-SCALING") == []
        assert bot.config["max_open_trades"] == 3
        worth = equity(251, {BTC: home.market.price("BTC") * 0.97})
        assert 237.5 < worth < 250
        assert home.tier_state["current_tier"] == "GROWTH"
        assert home.tier_state["last_equity"] == pytest.approx(worth, abs=1e-9)
        assert len(home.tier_state["upgrade_history"]) == 1

    def test_equity_is_right_in_the_first_loop(self, home: Home) -> None:
        """Nothing was analysed yet when the first loop values the open trade."""
        home.plugin("script", script({BTC: [8]}))
        home.market.paint("BTC", 8, [1.03])
        home.start().at(8).at(9)
        home.kill()
        bot = home.start().at(9, 1800)
        worth = equity(100, {BTC: home.market.price("BTC") * 1.03})
        assert home.tier_state["last_equity"] == pytest.approx(worth, abs=1e-9)
        assert bot.run.memory.benchmarks is not None
        assert bot.run.memory.benchmarks.peak == pytest.approx(worth, abs=1e-9)

    def test_a_stop_passed_while_the_bot_was_down(self, home: Home) -> None:
        home.plugin("script", script({BTC: [8]}, stop=0.04))
        home.market.paint("BTC", 9, [0.90])
        home.start().at(8)
        home.kill()
        home.start().at(12)
        assert not open_pairs()
        assert closed_trade().close_rate == pytest.approx(home.market.price("BTC") * 0.9, rel=2e-4)

    def test_an_entry_that_rests_keeps_its_plan(self, home: Home) -> None:
        """The stake was sized for this stop, whatever the plugins would plan now."""
        home.plugin("script", script({BTC: [8]}, stop=0.04))
        home.market.paint("BTC", 8, [1.001, 0.99])
        home.start(**RESTING).at(8, 3300).at(8, 3400)
        home.kill()
        home.plugin("script", script({BTC: [8]}, stop=0.20))
        home.start(**RESTING).at(9, 200)
        assert not open_trade().has_open_orders
        assert open_trade().get_custom_data("nija_plan") == {"stop": 0.04, "trail": 0.06}

    def test_the_days_opening_and_the_peak_survive(self, home: Home) -> None:
        """DESIGN §6: a start clears votes and caches, never the peak or a loss limit."""
        home.plugin("script", script({BTC: [8]}, stop=0.04))
        home.market.paint("BTC", 9, [0.90])
        home.start().at(8).at(10)
        assert not open_pairs()
        home.kill()
        bot = home.start().at(11)
        assert bot.run.memory.benchmarks is not None
        assert bot.run.memory.benchmarks.day_open == pytest.approx(100)
        assert bot.run.memory.benchmarks.peak == pytest.approx(100)


class TestUnknownAccount:
    """freqtrade swallows what fails at the loop's start: without an account, no entry."""

    def test_the_loop_could_not_value_the_account(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The wallets fail while the loop begins and answer again when the entry is judged."""
        home.plugin("script", script({BTC: [8], ETH: [12]}, stop=0.04))
        home.market.paint("BTC", 12, [0.90])
        bot = home.start((BTC, ETH)).at(8)
        fail_for_usd(bot, monkeypatch, ConnectionError("no answer"), times=1)
        bot.at(12)
        assert open_pairs() == {BTC}
        refused = "Entry into ETH/USD refused: This loop could not value the account."
        assert len(bot.said(refused)) == 1
        assert len(bot.said("no answer")) == 1
        # The limits stay what they were.
        assert bot.config["max_open_trades"] == 2
        # The next loop knows the account again.
        bot.at(12, 10)
        assert open_pairs() == {BTC, ETH}

    @pytest.mark.parametrize("wrong", [ConnectionError("no answer"), float("nan"), -1.0])
    def test_no_entry_while_wallets_fail_and_exits_go_on(
        self, home: Home, monkeypatch: pytest.MonkeyPatch, wrong: Any
    ) -> None:
        home.plugin("script", script({BTC: [8], ETH: [12]}, stop=0.04))
        home.market.paint("BTC", 12, [0.90])
        bot = home.start((BTC, ETH)).at(8)
        worth = home.tier_state["last_equity"]
        fail_for_usd(bot, monkeypatch, wrong)
        bot.at(12)
        assert open_pairs() == {BTC}
        assert bot.said("No entry into ETH/USD") or bot.said("Entry into ETH/USD refused")
        assert home.tier_state["last_equity"] == worth
        assert home.tier_state["current_tier"] == "STARTER"
        bot.at(13)
        assert not open_pairs()


def fail_for_usd(bot: Bot, monkeypatch: pytest.MonkeyPatch, wrong: Any, times: int = 10**6) -> None:
    """The wallets' stake currency is wrong: an exception or a number, for the next `times`."""
    honest, left = bot.wallets.get_total, times

    def get_total(currency: str) -> float:
        nonlocal left
        if currency != "USD" or left == 0:
            return float(honest(currency))
        left -= 1
        if isinstance(wrong, Exception):
            raise wrong
        return float(wrong)

    monkeypatch.setattr(bot.wallets, "get_total", get_total)


class TestTiers:
    """The account's worth decides what may be opened next, up at once and down with a buffer."""

    def test_up_with_a_rising_position_and_down_again(self, home: Home) -> None:
        signals = {BTC: [8], ETH: [8], SOL: [12, 16]}
        home.plugin("script", script(signals, stop=0.15, trail=0.27, target=2.0))
        for asset in ("BTC", "ETH"):
            home.market.paint(asset, 8, [1.05] * 4 + [1.25] * 4 + [1.00] * 4 + [0.92])
        start = {BTC: home.market.price("BTC"), ETH: home.market.price("ETH")}

        def worth(factor: float) -> float:
            return equity(240, {pair: price * factor for pair, price in start.items()})

        bot = home.start((BTC, ETH, SOL), exchange="kraken", dry_run_wallet=240)
        bot.at(7).at(8).at(12)
        assert bot.said("AUTO-SCALING") == ["INFO AUTO-SCALING UPGRADE: $240.00 → STARTER tier"]
        assert bot.config["max_open_trades"] == 2
        assert open_pairs() == {BTC, ETH}, "SOL signals, but STARTER has two positions"

        bot.log.clear()
        reached = worth(1.25)
        assert reached > 250
        bot.at(13)
        assert tier_lines(bot) == [
            f"INFO AUTO-SCALING UPGRADE: ${reached:.2f} → GROWTH tier",
            "INFO Max Positions: 3",
            "INFO Risk Per Trade: 4.0%",
            "INFO Copy Trading: False",
            "INFO Leverage: False",
        ]
        assert bot.config["max_open_trades"] == bot.strategy.max_open_trades == 3
        assert home.tier_state["current_tier"] == "GROWTH"
        assert home.tier_state["last_equity"] == pytest.approx(reached, abs=1e-9)
        bot.at(16)
        assert open_pairs() == {BTC, ETH, SOL}

        bot.log.clear()
        start[SOL] = home.market.price("SOL")
        flat = {**start, BTC: start[BTC], ETH: start[ETH]}
        inside = equity(240, flat)
        assert 237.5 < inside < 250
        bot.at(17)
        assert tier_lines(bot) == [], "within the buffer"
        assert bot.config["max_open_trades"] == 3

        fallen = equity(240, {**flat, BTC: start[BTC] * 0.92, ETH: start[ETH] * 0.92})
        assert fallen < 237.5
        bot.at(21)
        assert tier_lines(bot) == [
            f"INFO AUTO-SCALING DOWNGRADE: ${fallen:.2f} → STARTER tier",
            "INFO Max Positions: 2",
            "INFO Risk Per Trade: 3.0%",
            "INFO Copy Trading: False",
            "INFO Leverage: False",
        ]
        assert bot.config["max_open_trades"] == bot.strategy.max_open_trades == 2
        assert open_pairs() == {BTC, ETH, SOL}, "a change of tier closes nothing"
        moves = [(t["to_tier"], t["direction"]) for t in home.tier_state["upgrade_history"]]
        assert moves == [("STARTER", "upgrade"), ("GROWTH", "upgrade"), ("STARTER", "downgrade")]

    def test_below_the_lowest_tier_nothing_is_entered(self, home: Home) -> None:
        """ "No tier" is a veto, never a limit of zero (which backtesting takes for no limit)."""
        assert tier_for(14.99, None, 0) is None
        home.plugin("script", script({BTC: [8]}))
        bot = home.start(dry_run_wallet=14.99).at(8).at(8, 10)
        assert not open_pairs()
        assert bot.config["max_open_trades"] == 1
        refused = bot.said("Entry into BTC/USD refused: ")
        assert len(refused) == 1
        assert "No tier for an equity of $14.99" in refused[0]

    def test_the_smallest_account_trades(self, home: Home) -> None:
        """$15: 18% is less than the smallest lot, which is what is bought."""
        home.plugin("script", script({BTC: [8]}, stop=0.05))
        home.start(dry_run_wallet=15).at(8)
        assert 5.0 <= open_trade().amount * open_trade().open_rate < 5.01


def tier_lines(bot: Bot) -> list[str]:
    said = ("AUTO-SCALING", "Max Positions", "Risk Per Trade", "Copy Trading", "Leverage:")
    return [line for line in bot.log if any(word in line for word in said)]


class TestMarks:
    """Equity counts what has been decided: closes, not the candle that is still forming."""

    def test_positions_are_marked_at_the_last_closed_candle(self, home: Home) -> None:
        home.plugin("script", script({BTC: [8]}))
        home.market.paint("BTC", 8, [1.02, 1.10])
        price = home.market.price("BTC")
        bot = home.start().at(8)
        for hours, seconds, factor in [
            (8, 1800, 1.00),
            (8, 3599, 1.00),
            (9, 5, 1.02),
            (9, 3500, 1.02),
            (10, 5, 1.10),
        ]:
            bot.at(hours, seconds)
            (position,) = bot.account().positions
            assert position.mark == pytest.approx(price * factor, abs=TICK), (hours, seconds)
            worth = equity(100, {BTC: price * factor})
            assert home.tier_state["last_equity"] == pytest.approx(worth, abs=1e-5)


class TestRefusals:
    """A refused entry is explained once, however often the bot asks while its candle lasts."""

    def ask(self, home: Home, target: float, **nija: Any) -> list[str]:
        home.plugin("script", script({BTC: [8, 12]}, target=target))
        bot = home.start(nija=nija).at(8).at(8, 10).at(8, 15).at(9).at(12).at(12, 10)
        assert not open_pairs()
        return bot.said("Entry into BTC/USD refused: ")

    def test_once_per_candle_and_pair(self, home: Home) -> None:
        """Asked five times on two candles; a market rule and a money rule object."""
        lines = self.ask(home, target=0.05, trade_only=["ETH", "SOL"])
        assert len(lines) == 2
        for line in lines:
            assert "Reward over risk after fees is" in line
            assert "BTC is not in trade_only (ETH, SOL)." in line

    @pytest.mark.parametrize(
        ("silenced", "shown", "hidden"),
        [
            ("log_signal_rejections", "not in trade_only", "Reward over risk"),
            ("log_entry_block_reasons", "Reward over risk", "not in trade_only"),
        ],
    )
    def test_each_kind_can_be_silenced(
        self, home: Home, silenced: str, shown: str, hidden: str
    ) -> None:
        lines = self.ask(home, target=0.05, trade_only=["ETH", "SOL"], **{silenced: False})
        assert len(lines) == 2
        assert all(shown in line and hidden not in line for line in lines)

    def test_silence_when_both_are_off(self, home: Home) -> None:
        off = {"log_signal_rejections": False, "log_entry_block_reasons": False}
        assert self.ask(home, target=0.05, trade_only=["ETH", "SOL"], **off) == []


def test_without_history_the_ai_filter_says_at_the_start_what_to_do(home: Home) -> None:
    """And refuses the signal: nothing is entered on a guess."""
    home.plugin("script", script({BTC: [8]}))
    bot = home.start((BTC,), nija={"ai_trade_filter": True}).at(4)
    (said,) = bot.said("No entries into BTC/USD")
    assert "8,760 of 8,760 candles of BTC/USD are missing" in said
    assert "Run: freqtrade download-data --timeframes 1h 1d --timerange 2022" in said
    bot.at(8)
    assert open_pairs() == set()
    assert not list((home.user_data / "data").rglob("*-1h.feather"))
