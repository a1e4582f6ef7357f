"""What a start clears (reset_strategy_state, clear_entry_blocks, flush_cached_balances): votes,
resting entries and balances of before, through the real bot. A start is a new process, or
freqtrade's /start after /stop."""

from typing import Any

import pytest
from freqtrade.enums import State

from tests.integration.live import RESTING, Bot, Home, open_pairs, open_trade, script

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC = "BTC/USD"
NO_SIGNAL = script({})

kept_and_cleared = pytest.mark.parametrize("cleared", [True, False], ids=["cleared", "kept"])


def stop_and_start(bot: Bot, hours: float, seconds: float) -> None:
    """/stop, and /start in the loop after it."""
    bot.worker.freqtrade.state = State.STOPPED
    bot.at(hours, seconds)
    bot.worker.freqtrade.state = State.RUNNING


@kept_and_cleared
def test_votes(home: Home, cleared: bool) -> None:
    """Plugins are loaded and asked again: one that sees a signal now is heard at once."""
    home.plugin("script", NO_SIGNAL)
    bot = home.start(nija={"reset_strategy_state": cleared}).at(8)
    home.plugin("script", script({BTC: [8]}))
    stop_and_start(bot, 8, 60)
    bot.at(8, 120)
    assert open_pairs() == ({BTC} if cleared else set())


def test_cleared_votes_leave_peak_tier_locks_and_trades_alone(home: Home) -> None:
    home.plugin("script", script({BTC: [8]}, stop=0.04))
    home.market.paint("BTC", 9, [1.03])
    bot = home.start().at(8).at(10)
    marks, tier = bot.run.memory.benchmarks, home.tier_state
    stop = open_trade().stop_loss
    stop_and_start(bot, 10, 60)
    bot.at(10, 120)
    assert bot.run.memory.benchmarks == marks
    assert home.tier_state == tier
    assert open_trade().stop_loss == stop
    plan = {"stop": 0.04, "trail": 0.06, "target": 0.6}
    assert open_trade().get_custom_data("nija_plan") == plan


@kept_and_cleared
@pytest.mark.parametrize("new_process", [True, False], ids=["process", "stop-start"])
def test_entries_that_rest(home: Home, cleared: bool, new_process: bool) -> None:
    home.plugin("script", script({BTC: [8]}))
    home.market.paint("BTC", 8, [1.001])
    changes: dict[str, Any] = {**RESTING, "nija": {"clear_entry_blocks": cleared}}
    bot = home.start(**changes).at(8, 3300)
    assert open_trade().has_open_orders
    home.plugin("script", NO_SIGNAL)
    if new_process:
        home.kill()
        bot = home.start(**changes)
    else:
        stop_and_start(bot, 8, 3400)
    bot.at(8, 3450)
    assert open_pairs() == (set() if cleared else {BTC})


@kept_and_cleared
def test_balances(home: Home, exchange: str, cleared: bool) -> None:
    """Money that arrived between freqtrade's reading and the first decision."""
    home.plugin("script", NO_SIGNAL)
    bot = home.start(exchange=exchange, live=True, nija={"flush_cached_balances": cleared})
    home.venue.deposit(home.keys[exchange].key, "USD", "50")
    bot.at(0, 60)
    assert bot.wallets.get_total("USD") == (150 if cleared else 100)
