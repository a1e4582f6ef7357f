"""A part of a position is sold: the rest stays under its stop."""

from dataclasses import replace

import pytest
from freqtrade.persistence import Trade
from freqtrade.rpc.rpc import RPC

from nija_plugins.wallet import raise_stops
from tests.integration.live import Bot, Home, open_trade, script

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC = "BTC/USD"


def fallen(home: Home, exchange: str) -> Bot:
    """A bot whose position in BTC has fallen by 3%; its stop is 10% below the entry."""
    home.account(exchange, USD="200")
    home.plugin("scripted", script({BTC: [4]}, stop=0.10, trail=0.20))
    home.market.paint("BTC", 5, [0.97])
    return home.start((BTC,), exchange=exchange, live=True).at(4).at(4, 15).at(6).at(7)


def sell_a_third(bot: Bot) -> None:
    """/forceexit with an amount."""
    trade = open_trade()
    RPC(bot.worker.freqtrade)._rpc_force_exit(str(trade.id), "market", amount=trade.amount / 3)
    for seconds in (70, 80, 150, 220):
        bot.at(7, seconds)


def test_the_rest_keeps_a_stop_that_a_floor_has_raised(home: Home, exchange: str) -> None:
    """freqtrade counts the orders anew and takes the stop's distance from the price of 3% less for
    one from the entry: above the price, where the rest was sold at once."""
    bot = fallen(home, exchange)
    (position,) = bot.account().positions
    raise_stops([replace(position, stop=0.99 * position.mark)])
    Trade.commit()
    before = open_trade().stop_loss
    bot.at(7, 60)
    sell_a_third(bot)
    assert open_trade().stop_loss == pytest.approx(before, rel=1e-5)
    assert open_trade().amount == pytest.approx(float(home.books(exchange).total("BTC")))
    assert not home.sent, "no deposit, no withdrawal"


def test_the_rest_keeps_the_planned_stop(home: Home, exchange: str) -> None:
    """That of a position whose entry filled while no bot looked, and whose price has fallen."""
    bot = fallen(home, exchange)
    trade = open_trade()
    trade.adjust_stop_loss(trade.open_rate, 0.5, allow_refresh=True)
    bot.at(7, 30)
    planned = open_trade().stop_loss
    assert planned == pytest.approx(0.90 * trade.open_rate, rel=1e-4)
    sell_a_third(bot)
    assert open_trade().stop_loss == pytest.approx(planned, rel=1e-5)
