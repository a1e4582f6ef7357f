"""Coins that have left or come without their money, through the real bot at the venue."""

import pytest
from freqtrade.persistence import Trade

from nija_plugins.venue.faults import Fault
from tests.integration.live import Bot, Home, closed_trade, open_trade, script
from tests.integration.painted_market import after
from tests.integration.test_live_mode import BID

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC, ETH = "BTC/USD", "ETH/USD"


def sold_and_spent(home: Home, exchange: str) -> Bot:
    """In one loop BTC is sold, which the database has not heard yet, and the money buys ETH by an
    order whose answer is lost: no trade counts those coins, and the cash looks unchanged."""
    home.plugin("scripted", script({BTC: [4], ETH: [8]}, stop=0.04))
    bot = home.start((BTC, ETH), exchange=exchange, live=True, timeout=500).at(4).at(4, 15).at(7)
    bot.strategy.time_stop = after(3.9) - after(0)
    home.venue.faults.add("add_order", Fault.LOST_ANSWER, nth=2)
    bot.at(8)
    books = home.books(exchange)
    assert books.total("BTC") == 0 < books.total("ETH")
    assert {trade.pair for trade in Trade.get_trades_proxy()} == {BTC}
    return bot


def test_it_is_no_loss(home: Home, exchange: str) -> None:
    bot = sold_and_spent(home, exchange)
    for seconds in range(20, 140, 20):
        bot.at(8, seconds)
        assert bot.account().equity > 85
    assert closed_trade(BTC)
    assert not bot.said("nija_drawdown") and not bot.said("nija_daily_loss")
    assert home.alerts(f"{ETH} is locked")


def test_until_the_database_hears_of_it_entries_wait(home: Home, exchange: str) -> None:
    bot = sold_and_spent(home, exchange)
    bot.run.live.refresh(bot.wallets)
    bot.run.live.look_at_cash(after(8, 6), bot.wallets, Trade.get_trades_proxy(is_open=True))
    account = bot.account()
    assert account.cash - account.free_cash == pytest.approx(13, rel=0.1)
    assert f"the coins of trade 1 ({BTC}) have left the exchange" in account.awaited
    assert account.equity == pytest.approx(100, abs=1.5), "less fees and the way to the stop"
    bot.at(8, 20).at(8, 40)
    assert bot.account().awaited is None


def test_coins_that_come_beside_a_resting_entry_are_no_profit(home: Home, exchange: str) -> None:
    """A person deposits as many as the entry is for, or more: nothing was paid for them."""
    home.account(exchange, USD="1000")
    home.plugin("scripted", script({ETH: [4], BTC: [8]}, stop=0.04))
    home.market.paint("BTC", 8, [1.03])
    bot = home.start((BTC, ETH), exchange=exchange, live=True).at(4).at(4, 15).at(5)
    stop = open_trade(ETH).stop_loss
    bot.config["entry_pricing"] = BID
    bot.at(8).at(8, 20)
    assert open_trade(BTC).open_orders
    home.venue.deposit(home.account(exchange).key, "BTC", "0.01")
    for seconds in (330, 450):
        bot.at(8, seconds)
        account = bot.account()
        assert account.equity == pytest.approx(1000, abs=4)
    for seconds in (640, 700, 1100):
        bot.at(8, seconds)
    account = bot.account()
    assert account.benchmarks.peak == pytest.approx(1000, abs=4)
    assert open_trade(ETH).stop_loss == stop
