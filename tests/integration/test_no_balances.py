"""Half an answer about the balances, which ccxt takes for an account of nothing."""

import pytest

from nija_plugins import locks
from nija_plugins.venue.faults import Fault
from tests.integration.live import Home, open_trade, script
from tests.integration.painted_market import after

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC, ETH = "BTC/USD", "ETH/USD"


def test_the_money_is_not_gone(home: Home, exchange: str) -> None:
    home.plugin("script", script({BTC: [4], ETH: [8]}, stop=0.04))
    bot = home.start((BTC, ETH), exchange=exchange, live=True).at(4).at(4, 20)
    marks = bot.run.memory.benchmarks
    home.venue.faults.add("balance", Fault.HALF_JSON, nth=1, times=0)
    for minute in range(10, 60, 10):
        bot.at(4, minute * 60)
        assert bot.account().problem
    assert not locks.active(after(5))
    assert not home.alerts("ithdrawal") and not home.alerts("not on the exchange")
    assert len(bot.said("Incident: The exchange named no USD")) == 1
    home.venue.faults.clear()
    bot.at(5).at(5, 600)
    assert bot.account().problem is None
    assert bot.account().equity == pytest.approx(100, abs=0.5)
    assert bot.run.memory.benchmarks == marks
    bot.at(8).at(8, 10)
    assert open_trade(ETH).amount > 0


def test_a_balance_of_nobody_knows_how_much(
    home: Home, exchange: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ccxt's total is None where the exchange left a number out, and freqtrade makes 0 of it."""
    bot = home.start((BTC,), exchange=exchange, live=True).at(4).at(4, 20)
    marks = bot.run.memory.benchmarks
    told = {"USD": {"free": None, "used": None, "total": None}}
    monkeypatch.setattr(bot.strategy.wallets._exchange, "get_balances", lambda: told)
    for minute in range(10, 60, 10):
        bot.at(4, minute * 60)
        assert bot.account().problem
    assert not home.alerts("ithdrawal")
    assert bot.run.memory.benchmarks == marks


def test_a_start_without_balances_enters_nothing(home: Home, exchange: str) -> None:
    home.plugin("script", script({BTC: [4]}))
    home.account(exchange)
    home.venue.faults.add("balance", Fault.HALF_JSON, times=0)
    bot = home.start((BTC,), exchange=exchange, live=True).at(4)
    home.venue.faults.clear()
    assert not home.books(exchange).orders
    bot.at(4, 20).at(4, 40)
    assert open_trade(BTC).amount > 0
    assert not home.alerts("Deposit")
