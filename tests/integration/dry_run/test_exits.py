"""The real bot in dry-run leaves, and what becomes of an entry that rests."""

from datetime import timedelta

import pytest

from tests.integration.dry_run.pairs import BTC, CENT, TICK
from tests.integration.live import (
    RAISES,
    RESTING,
    Home,
    broken,
    closed_trade,
    open_pairs,
    open_trade,
    script,
)

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")


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

    def test_no_configuration_takes_an_exit_away(self, home: Home) -> None:
        """freqtrade lets a configuration overrule a strategy: without these neither the planned
        stop nor the time stop of a trade at a loss would be there."""
        home.plugin("script", script({BTC: [8]}, stop=0.04, trail=0.05))
        home.market.paint("BTC", 9, [0.99])
        wanted = {"use_custom_stoploss": False, "use_exit_signal": False, "exit_profit_only": True}
        bot = home.start(**wanted).at(8).at(9)
        bot.strategy.time_stop = timedelta(hours=4)
        trade = open_trade()
        assert trade.stop_loss == pytest.approx(trade.open_rate * 0.96, rel=1e-4)
        bot.at(12, 5)
        assert closed_trade().exit_reason == "nija_time_stop"
        for name in wanted:
            assert bot.said(f"{name} is ignored")

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
        assert trade.get_custom_data("nija_plan") == {"stop": 0.05, "trail": 0.06, "target": 0.6}

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
