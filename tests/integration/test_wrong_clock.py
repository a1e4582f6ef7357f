"""A machine whose clock went ahead and is put back: what waits for a later moment does not wait for
hours."""

from datetime import datetime, timedelta

import pytest

from tests.integration.live import Bot, Home, script
from tests.integration.painted_market import after

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC = "BTC/USD"


def put_back(home: Home) -> Bot:
    """Kraken's bot at 5:10; its clock said 8:00 ten minutes ago."""
    home.plugin("script", script({BTC: [4]}, stop=0.04))
    bot = home.start((BTC,), exchange="kraken", live=True).at(4).at(4, 20)
    ahead(home, after(5), timedelta(hours=3))
    bot.state = bot.worker._worker(old_state=bot.state)
    bot.strategy.wallets.update()
    ahead(home, after(5, 600), timedelta(0))
    bot.state = bot.worker._worker(old_state=bot.state)
    return bot


def ahead(home: Home, moment: datetime, off: timedelta) -> None:
    home.clock.set_to(moment + off)
    home.venue.ahead = -off


def test_a_deposit_is_noticed(home: Home) -> None:
    bot = put_back(home)
    home.venue.deposit(home.account("kraken").key, "USD", "50")
    for minute in (16, 22, 28):
        bot.at(5, minute * 60)
    assert home.alerts("Deposit of $50.00")
    assert bot.account().equity == pytest.approx(150, abs=0.5)
    assert not bot.account().unsettled


def test_a_position_that_is_gone_is_told(home: Home) -> None:
    bot = put_back(home)
    key, amount = home.account("kraken").key, home.books("kraken").total("BTC")
    for order in home.books("kraken").open_orders:
        with home.venue.exchange("kraken") as exchange:
            exchange.cancel(key, order.id)
    home.venue.withdraw(key, "BTC", amount)
    for minute in (16, 22, 28):
        bot.at(5, minute * 60)
    assert home.alerts("are not on the exchange any more")


def test_coins_from_elsewhere_are_told_and_locked(home: Home) -> None:
    bot = put_back(home)
    home.venue.deposit(home.account("kraken").key, "BTC", "0.01")
    for minute in (16, 22, 28):
        bot.at(5, minute * 60)
    assert home.alerts("that no trade explains")


def test_candles_are_asked_for_and_a_forming_one_is_replaced(home: Home) -> None:
    """freqtrade noted that it asked at 8:00 and would ask again after that; at 8:00 the candle that
    began at 5:00 looked closed."""
    home.market.paint("BTC", 5, [1.05, 1.1])
    bot = put_back(home)
    for hour, factor in ((6, 1.05), (7, 1.1)):
        bot.at(hour, 20).at(hour, 40)
        reading = bot.strategy._book.reading(BTC, after(hour, 40))
        assert reading is not None and after(hour) - reading.ended < timedelta(minutes=1)
        assert reading.close == pytest.approx(home.market.price("BTC") * factor, rel=1e-3)
