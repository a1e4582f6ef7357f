"""Coins that a person has marked as the own ones, and then sells or moves."""

from typing import Any

import pytest
from freqtrade.persistence import Trade

from nija_plugins.live.own_coins import left_of
from nija_plugins.venue.faults import Fault
from tests.integration.live import Bot, Home, closed_trade, open_trade, script
from tests.integration.painted_market import after

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC = "BTC/USD"


def with_own_coins(home: Home, exchange: str, entries: list[float], **changes: Any) -> Bot:
    """A bot on an account whose 0.005 BTC are a person's own, and that enters at `entries`."""
    home.account(exchange, USD="100", BTC="0.005")
    home.plugin("scripted", script({BTC: entries}, stop=0.04))
    bot = home.start(exchange=exchange, live=True, **changes).at(1)
    assert bot.run.live is not None
    bot.run.live.store.keep_own("BTC", 0.005)
    return bot.at(2)


def sell_them(home: Home, exchange: str) -> None:
    key = home.account(exchange).key
    home.venue.withdraw(key, "BTC", "0.005")
    home.venue.deposit(key, "USD", "250")


def test_sold_beside_a_position(home: Home, exchange: str) -> None:
    """The account stays known, with its limits; nobody is told to delete the trade."""
    home.market.paint("BTC", 5, [1.0, 0.93])
    bot = with_own_coins(home, exchange, [4]).at(4).at(4, 15).at(4, 30)
    amount = open_trade().amount
    sell_them(home, exchange)
    for minutes in (6, 12, 18, 24):
        bot.at(4, minutes * 60)
    account = bot.account()
    assert account.problem is None
    assert account.positions[0].amount == amount
    assert account.equity == pytest.approx(350, abs=0.5)
    assert home.alerts("Deposit of $250")
    assert not home.alerts("not on the exchange any more")
    bot.at(6).at(6.9).at(7).at(7, 60).at(7, 400).at(7, 800)
    assert closed_trade().exit_reason != "force_exit"
    assert home.alerts("0.005 of your own 0.005 BTC are gone")
    assert bot.run.live is not None and bot.run.live.store.own() == {"BTC": 0.0}


def test_moved_away_before_the_next_entry(home: Home, exchange: str) -> None:
    bot = with_own_coins(home, exchange, [4])
    home.venue.withdraw(home.account(exchange).key, "BTC", "0.0049")
    bot.at(2, 400).at(2, 800).at(4).at(4, 15).at(4, 400).at(4, 800)
    account = bot.account()
    assert account.problem is None
    assert account.positions[0].amount == open_trade().amount
    assert home.alerts("0.0049 of your own 0.005 BTC are gone: 0.0001 count")
    assert not home.alerts("Withdrawal") and not home.alerts("not on the exchange any more")


@pytest.mark.parametrize("by_stop", [True, False], ids=["stop", "time"])
def test_an_exit_whose_answer_was_lost_sells_none_of_them(
    home: Home, exchange: str, by_stop: bool
) -> None:
    """The trade's coins are sold and freqtrade does not know: it would sell as many again."""
    home.market.paint("BTC", 5, [1.0, 0.93])
    bot = with_own_coins(home, exchange, [4], timeout=500).at(4).at(4, 15).at(4, 30)
    if by_stop:
        bot.strategy.order_types["stoploss_on_exchange"] = False
        for stop in open_trade().open_sl_orders:
            bot.worker.freqtrade.exchange.cancel_stoploss_order(stop.order_id, BTC)
            stop.ft_is_open = False
        Trade.commit()
    else:
        bot.strategy.time_stop = after(1) - after(0)
    home.venue.faults.add("add_order", Fault.LOST_ANSWER)
    for seconds in (0, 20, 40, 100, 200, 900):
        bot.at(7 if by_stop else 5, seconds)
    assert home.venue.faults.happened
    assert not Trade.get_trades_proxy(is_open=True)
    assert float(home.books(exchange).total("BTC")) == 0.005
    assert not home.sent


@pytest.mark.parametrize(
    ("held", "traded", "left"),
    [
        (5.0, 0.0, 5.0),
        (6.0, 0.0, 5.0),
        (3.0, 0.0, 3.0),
        (6.0, 1.0, 5.0),
        (5.0, 1.0, 5.0),  # the trade is sold, and the database will hear of it
        (5.5, 1.0, 5.0),
        (3.0, 1.0, 2.0),
        (0.5, 1.0, 0.0),
    ],
)
def test_whose_coins_are_gone(held: float, traded: float, left: float) -> None:
    assert left_of(5.0, held, traded) == left
