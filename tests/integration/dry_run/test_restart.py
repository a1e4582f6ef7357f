"""The real bot in dry-run is killed and started again."""

import pytest

from tests.integration.dry_run.pairs import BTC, TICK
from tests.integration.live import (
    RESTING,
    Home,
    closed_trade,
    equity,
    open_pairs,
    open_trade,
    script,
)

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")


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
        assert open_trade().get_custom_data("nija_plan") == {
            "stop": 0.04,
            "trail": 0.06,
            "target": 0.6,
        }

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
        assert open_trade().get_custom_data("nija_plan") == {
            "stop": 0.04,
            "trail": 0.06,
            "target": 0.6,
        }

    def test_the_days_opening_and_the_peak_survive(self, home: Home) -> None:
        """A start clears votes and caches, never the peak or a loss limit."""
        home.plugin("script", script({BTC: [8]}, stop=0.04))
        home.market.paint("BTC", 9, [0.90])
        home.start().at(8).at(10)
        assert not open_pairs()
        home.kill()
        bot = home.start().at(11)
        assert bot.run.memory.benchmarks is not None
        assert bot.run.memory.benchmarks.day_open == pytest.approx(100)
        assert bot.run.memory.benchmarks.peak == pytest.approx(100)
