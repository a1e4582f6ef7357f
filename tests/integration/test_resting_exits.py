"""An exit that rests while the price falls: the stop goes on being watched."""

from typing import Any

import pytest
from freqtrade.freqtradebot import FreqtradeBot
from freqtrade.persistence import Trade

from nija_plugins.live.lost_exits import SENT
from nija_plugins.venue.faults import Fault
from tests.integration.live import Bot, Home, closed_trade, open_trade, script
from tests.integration.painted_market import after
from tests.integration.test_live_mode import assert_reconciled

BTC = "BTC/USD"
AT_THE_ASK = {"price_side": "same", "use_order_book": False, "price_last_balance": 0.0}

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")


def leaving(home: Home, exchange: str, **changes: Any) -> Bot:
    """A bot with a position in BTC, whose time is up at START + 5, as the price begins to fall by
    1% a minute; its stop is 4% below."""
    home.plugin("scripted", script({BTC: [4]}, stop=0.04))
    home.market.paint("BTC", 5, [0.40])
    bot = home.start(exchange=exchange, live=True, **changes).at(4).at(4, 15).at(4, 30)
    bot.strategy.time_stop = after(0.9) - after(0)
    return bot


def fall(bot: Bot) -> None:
    """The price falls by 20%, or until all is sold."""
    bot.at(5, 1)
    assert open_trade().has_open_orders
    for seconds in range(20, 1200, 20):
        if Trade.get_trades_proxy(is_open=True):
            bot.at(5, seconds)


def assert_sold_at_the_stop(home: Home, bot: Bot, exchange: str) -> None:
    closed = closed_trade()
    last = [one for one in closed.orders if one.filled][-1]
    assert last.safe_price > 0.98 * closed.stop_loss, "not ten minutes later, at a time-out"
    assert home.books(exchange).total("BTC") == 0
    assert not home.books(exchange).open_orders
    assert_reconciled(home, bot, exchange, 100.0)


def test_half_filled(home: Home, exchange: str) -> None:
    """freqtrade takes what is sold already for sold by hand, and refuses to sell less."""
    bot = leaving(home, exchange)
    home.venue.faults.add("add_order", Fault.PARTIAL, share="0.5")
    fall(bot)
    assert_sold_at_the_stop(home, bot, exchange)


def test_unfilled(home: Home, exchange: str) -> None:
    """It holds the coins that Kraken's stop would sell, and there the bot would not look."""
    bot = leaving(home, exchange, exit_pricing=AT_THE_ASK)
    fall(bot)
    assert_sold_at_the_stop(home, bot, exchange)


def fall_unknown(bot: Bot) -> None:
    """The price falls while the exchange has an exit that freqtrade does not know."""
    assert not open_trade().open_orders
    for seconds in range(20, 1200, 20):
        if Trade.get_trades_proxy(is_open=True):
            bot.at(5, seconds)


def test_its_answer_was_lost(home: Home, exchange: str) -> None:
    """It holds the coins that the stop would sell."""
    bot = leaving(home, exchange, exit_pricing=AT_THE_ASK, timeout=500)
    home.venue.faults.add("add_order", Fault.LOST_ANSWER)
    bot.at(5, 1)
    fall_unknown(bot)
    assert_sold_at_the_stop(home, bot, exchange)


def test_the_process_dies_before_it_wrote_it_down(
    home: Home, exchange: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        """SIGKILL, in its place."""

    def die(*_: object, **__: object) -> None:
        raise Died

    bot = leaving(home, exchange, exit_pricing=AT_THE_ASK)
    with monkeypatch.context() as patch, pytest.raises(Died):
        patch.setattr(FreqtradeBot, "_notify_exit", die)
        bot.at(5, 1)
    home.kill()
    home.clock.move_to(after(5, 5))
    bot = home.start(exchange=exchange, live=True, exit_pricing=AT_THE_ASK)
    fall_unknown(bot)
    assert_sold_at_the_stop(home, bot, exchange)


def test_one_that_never_arrived_is_looked_for_twice(home: Home) -> None:
    bot = leaving(home, "coinbase", timeout=500)
    home.venue.faults.add("add_order", Fault.LOST_REQUEST)
    bot.at(5, 1)
    bot.strategy.time_stop = after(20) - after(0)
    for seconds in (20, 40, 90):
        assert open_trade().get_custom_data(SENT)
        bot.at(5, seconds)
    assert open_trade().get_custom_data(SENT) is None


def test_it_rests_while_the_price_is_above_the_stop(home: Home, exchange: str) -> None:
    bot = leaving(home, exchange, exit_pricing=AT_THE_ASK)
    bot.at(5, 1)
    (order,) = open_trade().open_orders
    bot.at(5, 60).at(5, 120)
    assert [one.order_id for one in open_trade().open_orders] == [order.order_id]
