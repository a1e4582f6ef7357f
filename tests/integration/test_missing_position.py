"""A trade whose coins are gone: sold by hand while the bot runs."""

from decimal import Decimal

import pytest
from freqtrade.persistence import Trade

from tests.integration.live import Bot, Home, open_trade, script

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC = "BTC/USD"


def sold_by_hand(home: Home, exchange: str, share: Decimal = Decimal(1)) -> Bot:
    """A position, of which a person sells `share` on the exchange's site."""
    home.plugin("script", script({BTC: [4]}, stop=0.04))
    bot = home.start((BTC,), exchange=exchange, live=True).at(4).at(5)
    key = home.account(exchange).key
    for stop in home.books(exchange).open_orders:  # it holds the coins
        with home.venue.exchange(exchange) as there:
            there.cancel(key, stop.id)
    amount = (home.books(exchange).total("BTC") * share).quantize(Decimal("1e-8"))
    home.venue.withdraw(key, "BTC", amount)
    home.venue.deposit(
        key, "USD", (amount * Decimal(home.market.price("BTC"))).quantize(Decimal("0.01"))
    )
    return bot


def test_it_is_told_once_and_is_no_deposit_and_no_loss(home: Home, exchange: str) -> None:
    bot = sold_by_hand(home, exchange)
    before = bot.run.memory.benchmarks
    for minute in range(10, 100, 10):
        bot.at(5, minute * 60)
    (told,) = home.alerts("are not on the exchange any more")
    assert f"/delete {open_trade().id}" in told and "BTC" in told
    assert not home.alerts("Deposit")
    assert bot.account().equity == pytest.approx(100, abs=0.5)
    assert bot.run.memory.benchmarks == before
    assert not bot.run.memory.locked


def test_half_of_it(home: Home) -> None:
    bot = sold_by_hand(home, "kraken", Decimal("0.5")).at(5, 600).at(5, 1200).at(5, 1800)
    assert home.alerts("are not on the exchange any more")
    assert bot.account().equity == pytest.approx(100, abs=0.5)


def test_after_the_trade_is_deleted_no_limit_has_moved(home: Home) -> None:
    bot = sold_by_hand(home, "kraken").at(5, 600).at(5, 1200)
    open_trade().delete()
    Trade.commit()
    bot.at(5, 1800).at(5, 2400).at(6).at(6, 600)
    marks = bot.run.memory.benchmarks
    assert marks is not None and marks.peak == pytest.approx(100, abs=0.5)
    assert bot.account().equity == pytest.approx(100, abs=0.5)
    assert not bot.run.memory.locked


def test_a_balance_read_between_the_coins_and_the_money_is_no_loss(
    home: Home, exchange: str
) -> None:
    """freqtrade reads the wallets right after it sends an exit: the coins may be gone already, and
    their proceeds not there yet. No limit is reached on that."""
    home.plugin("script", script({BTC: [4]}, stop=0.04))
    bot = home.start((BTC,), exchange=exchange, live=True).at(4).at(5)
    wallets = bot.wallets._wallets
    wallets["BTC"] = wallets["BTC"]._replace(free=0.0, used=0.0, total=0.0)
    bot.at(5, 60)
    assert not bot.run.memory.locked
    assert bot.account().equity == pytest.approx(100, abs=0.5)
