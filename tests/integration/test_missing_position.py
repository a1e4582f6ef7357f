"""A trade whose coins are gone: sold by hand while the bot runs."""

import sqlite3
from contextlib import closing
from decimal import Decimal

import pytest
from freqtrade.persistence import Trade
from sqlalchemy.exc import OperationalError

from nija_plugins.live.missed import KEY
from nija_plugins.memory import AccountStore, Memory, MemoryUnusable
from nija_plugins.memory.store import MEMORY_FILE
from nija_plugins.venue.faults import Fault
from tests.integration.live import Bot, Home, open_trade, script
from tests.integration.painted_market import after
from tests.integration.test_reconcile import reconcile

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC, ETH = "BTC/USD", "ETH/USD"


def sold_by_hand(home: Home, exchange: str, share: Decimal = Decimal(1), *, own: str = "0") -> Bot:
    """A position beside `own` coins, of which a person sells `share` on the exchange's site."""
    home.account(exchange, USD="100", BTC=own)
    home.plugin("script", script({BTC: [4]}, stop=0.04))
    bot = home.start((BTC,), exchange=exchange, live=True).at(1)
    bot.run.live.store.keep_own("BTC", float(own))
    bot.at(4).at(5)
    amount = ((home.books(exchange).total("BTC") - Decimal(own)) * share).quantize(Decimal("1e-8"))
    coins_leave(home, exchange, amount)
    brings = (amount * Decimal(home.market.price("BTC"))).quantize(Decimal("0.01"))
    home.venue.deposit(home.account(exchange).key, "USD", brings)
    return bot


def coins_leave(home: Home, exchange: str, amount: Decimal) -> None:
    """By a person's hand, who ends the stop that holds them first."""
    key = home.account(exchange).key
    for stop in home.books(exchange).open_orders:
        with home.venue.exchange(exchange) as there:
            there.cancel(key, stop.id)
    home.venue.withdraw(key, "BTC", amount)


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


def deleted(bot: Bot, hour: float) -> None:
    """The person follows the advice."""
    open_trade().delete()
    Trade.commit()
    for seconds in (0, 600, 1200):
        bot.at(hour, seconds)


@pytest.mark.parametrize("own", ["0", "0.005"])
def test_its_money_follows_no_price(home: Home, exchange: str, own: str) -> None:
    """What was sold at $50,000 is worth no more when the price has doubled."""
    bot = sold_by_hand(home, exchange, own=own)
    home.market.paint("BTC", 6, [1 + hour / 10 for hour in range(11)])
    for hour in range(5, 26):
        bot.at(hour, 600)
        assert bot.account().equity == pytest.approx(100, abs=0.6)
    assert bot.run.memory.benchmarks.day_open == pytest.approx(100, abs=0.6)
    deleted(bot, 26)
    assert bot.run.memory.benchmarks.peak == pytest.approx(100, abs=0.6)
    assert not bot.run.memory.locked


def test_nor_after_a_restart(home: Home) -> None:
    bot = sold_by_hand(home, "coinbase", own="0.005")
    home.market.paint("BTC", 6, [1 + hour / 10 for hour in range(6)])
    for hour in range(5, 12):
        bot.at(hour, 600)
    home.kill()
    home.clock.move_to(after(12))
    bot = home.start((BTC,), exchange="coinbase", live=True).at(12, 60).at(12, 600)
    assert bot.account().equity == pytest.approx(100, abs=0.6)


class Balances:
    """What the exchange says that the account has, where it is not what it has."""

    def __init__(self, bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
        self.told: dict[str, dict[str, float]] = {}
        there = bot.worker.freqtrade.exchange
        real = there.get_balances
        monkeypatch.setattr(there, "get_balances", lambda: {**real(), **self.told})

    def tell(self, asset: str, amount: float) -> None:
        """From now on there are `amount` of `asset`."""
        self.told[asset] = {"free": amount, "used": 0.0, "total": amount}


@pytest.mark.parametrize("dust", [False, True])
def test_nor_when_one_reading_had_the_coins_again(
    home: Home, exchange: str, monkeypatch: pytest.MonkeyPatch, dust: bool
) -> None:
    """Also when the one before it had a few of them."""
    bot = sold_by_hand(home, exchange)
    home.market.paint("BTC", 6, [1 + hour / 10 for hour in range(6)])
    for hour in range(5, 12):
        bot.at(hour, 600)
    held = open_trade().amount
    with monkeypatch.context() as once:
        balances = Balances(bot, once)
        if dust:
            balances.tell("BTC", held * 0.01)
            bot.at(12, 60)
        balances.tell("BTC", held)
        bot.at(12, 120)
    bot.at(12, 180).at(12, 600)
    assert bot.account().equity == pytest.approx(100, abs=0.6)
    deleted(bot, 13)
    assert bot.run.memory.benchmarks.peak == pytest.approx(100, abs=0.6)


def test_nor_while_a_new_process_cannot_read_which_coins_are_own(
    home: Home, exchange: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold_by_hand(home, exchange, own="0.005").at(5, 600).at(5, 1200)
    home.kill()
    home.clock.move_to(after(6))
    real, asked = AccountStore.own, []

    def own(store: AccountStore) -> dict[str, float]:
        asked.append(store)
        if len(asked) == 1:
            raise MemoryUnusable("busy")
        return real(store)

    monkeypatch.setattr(AccountStore, "own", own)
    home.market.paint("BTC", 6, [1.5])
    bot = home.start((BTC,), exchange=exchange, live=True).at(7)
    for seconds in (10, 60, 600):
        bot.at(7, seconds)
        assert bot.account().equity == pytest.approx(100, abs=0.6)
    assert bot.run.memory.benchmarks.peak == pytest.approx(100, abs=0.6)


def test_coins_that_come_back_are_read_again_at_once(home: Home, exchange: str) -> None:
    """A person moves them away for a day, in which the price rises, and back."""
    home.plugin("script", script({BTC: [4]}, stop=0.04, target=9.0))
    home.market.paint("BTC", 6, [1.1, 1.2, 1.3, 1.4, 1.5])
    bot = home.start((BTC,), exchange=exchange, live=True).at(4).at(4, 15).at(5)
    amount = home.books(exchange).total("BTC")
    coins_leave(home, exchange, amount)
    for hour in range(5, 12):
        bot.at(hour, 600)
    home.venue.deposit(home.account(exchange).key, "BTC", amount)
    bot.at(12, 60).at(12, 65)
    assert open_trade().get_custom_data(KEY) is None
    cash, stop = bot.account().cash, open_trade().stop_loss
    coins_leave(home, exchange, amount)
    bot.at(12, 660)
    at_stop = cash + float(amount) * stop
    assert bot.account().equity == pytest.approx(at_stop, rel=0.01)


def test_the_limits_act_while_the_memory_cannot_be_read(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.account("coinbase", USD="1000")
    home.plugin("script", script({BTC: [4]}, stop=0.04))
    home.market.paint("BTC", 7, [0.3])
    home.start((BTC,), exchange="coinbase", live=True).at(4).at(4, 15).at(5)
    home.kill()
    home.clock.move_to(after(6))

    def load(store: AccountStore) -> Memory:
        raise MemoryUnusable("no permission")

    monkeypatch.setattr(AccountStore, "load", load)
    bot = home.start((BTC,), exchange="coinbase", live=True).at(6, 60)
    for seconds in (5, 20, 60):
        bot.at(8, seconds)
    assert bot.run.loop == after(8, 60)
    assert "nija_daily_loss" in bot.run.memory.locked


def test_each_half_counts_at_the_stop_of_its_own_time(home: Home) -> None:
    """Half is sold by hand, the price doubles, and of the rest the coins leave before their money
    comes."""
    home.account("coinbase", USD="1000")
    home.plugin("script", script({BTC: [4]}, stop=0.04, target=3.0))
    home.market.paint("BTC", 6, [1 + hour / 10 for hour in range(11)])
    bot = home.start((BTC,), exchange="coinbase", live=True).at(4).at(4, 15).at(5)
    half = Decimal(str(open_trade().amount / 2)).quantize(Decimal("1e-8"))
    key = home.account("coinbase").key
    coins_leave(home, "coinbase", half)
    home.venue.deposit(key, "USD", (half * 50_000).quantize(Decimal("0.01")))
    for hour in range(5, 27):
        bot.at(hour, 600)
    before = bot.account()
    rest = home.books("coinbase").total("BTC")
    coins_leave(home, "coinbase", rest)
    bot.at(27, 60)
    at_stop = before.cash + float(rest) * open_trade().stop_loss
    assert bot.account().equity == pytest.approx(at_stop, rel=0.005)
    home.venue.deposit(key, "USD", (rest * 100_000).quantize(Decimal("0.01")))
    bot.at(27, 120)
    assert bot.account().equity == pytest.approx(before.equity, rel=0.005)
    assert not bot.run.memory.locked


def test_a_database_that_is_locked_ends_no_loop(home: Home) -> None:
    """Another process writes for longer than freqtrade waits, just when coins are missed."""
    bot = sold_by_hand(home, "coinbase")
    with closing(sqlite3.connect(home.path / "trades.sqlite", isolation_level=None)) as other:
        bot.run.live.refresh(bot.wallets)
        other.execute("BEGIN IMMEDIATE")
        bot.run.live.look_at_cash(after(5, 20), bot.wallets, [open_trade()])
        assert bot.said("is not kept")
        assert open_trade().get_custom_data(KEY) is None
        with pytest.raises(OperationalError):
            open_trade().set_custom_data("plugin", "a word")
        other.execute("ROLLBACK")
    bot.at(5, 600)
    assert bot.run.loop == after(5, 600)
    assert open_trade().get_custom_data(KEY)


def test_when_the_memory_is_lost_meanwhile(home: Home, exchange: str) -> None:
    """What the sale brought is not taken for the owner's beside what it is still to bring."""
    sold_by_hand(home, exchange)
    home.kill()
    (home.user_data / MEMORY_FILE).unlink()
    home.clock.move_to(after(6))
    bot = home.start((BTC, ETH), exchange=exchange, live=True)
    for seconds in (10, 600, 1200):
        bot.at(6, seconds)
        assert bot.account().equity == pytest.approx(100, abs=0.6)
        assert "not known yet" in bot.account().awaited
    deleted(bot, 7)
    account = bot.account()
    assert account.awaited is None
    assert account.benchmarks.peak == pytest.approx(100, abs=0.6)


def test_so_little_that_freqtrade_sells_nothing_any_more(home: Home, exchange: str) -> None:
    """It tolerates 2%; of a position that lacks more it says in its log that it cannot exit."""
    sold_by_hand(home, exchange, Decimal("0.04")).at(5, 600).at(5, 1200).at(5, 1800)
    assert home.alerts("are not on the exchange any more")


def with_own_coins_moved(home: Home, exchange: str) -> Bot:
    """A position of 0.00026 BTC beside 0.005 of a person's own, of which 0.0002 are moved."""
    home.account(exchange, USD="100", BTC="0.005")
    home.plugin("script", script({BTC: [4], ETH: [8, 12]}, stop=0.04))
    bot = home.start((BTC, ETH), exchange=exchange, live=True).at(1)
    bot.run.live.store.keep_own("BTC", 0.005)
    bot.at(2).at(4).at(4, 15).at(5)
    home.venue.withdraw(home.account(exchange).key, "BTC", "0.0002")
    return bot


def test_own_coins_that_are_moved_beside_it(
    home: Home, exchange: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can know whose they were, so that a person is asked; on Kraken, where a resting stop
    may be what sold them, half an hour later. The stop goes on trailing."""
    home.market.paint("BTC", 5, [1.0, 1.1, 1.2, 1.3, 1.4, 1.5])
    bot = with_own_coins_moved(home, exchange)
    for hour in range(5, 9):
        for seconds in (60, 600, 1200, 1800, 2500):
            bot.at(hour, seconds)
    (told,) = home.alerts("are not on the exchange any more")
    assert f"nija reconcile {BTC} --own; if the trade's, /delete 1" in told
    (refused,) = bot.said(f"Entry into {ETH} refused: Entries wait: the coins of trade 1 ({BTC})")
    assert f"nija reconcile {BTC} --own" in refused
    assert open_trade(BTC).stop_loss > 55_000, "it follows the price"
    assert "Of your own 0.005 BTC, 0.0002 may be gone" in reconcile(home, monkeypatch, BTC)
    assert "0.0048 BTC count as your own" in reconcile(home, monkeypatch, BTC, "--own")
    bot.at(12).at(12, 60)
    assert bot.account().awaited is None
    assert {trade.pair for trade in Trade.get_trades_proxy(is_open=True)} == {BTC, ETH}


def test_a_sale_that_the_bot_has_yet_to_hear_of_took_none_of_them(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stop has gone off at Kraken, and a person looks before the bot's next loop."""
    home.account("kraken", USD="100", BTC="0.005")
    home.plugin("script", script({BTC: [4]}, stop=0.04))
    home.market.paint("BTC", 5, [0.90])
    bot = home.start((BTC,), exchange="kraken", live=True).at(1)
    bot.run.live.store.keep_own("BTC", 0.005)
    bot.at(4).at(4, 30)
    assert open_trade().open_sl_orders
    home.clock.move_to(after(5.5))
    assert float(home.books("kraken").total("BTC")) == 0.005
    assert "may be gone" not in reconcile(home, monkeypatch, BTC)
    assert "count as your own" not in reconcile(home, monkeypatch, BTC, "--own")


def test_what_an_exit_that_rests_has_sold_is_not_missing(home: Home, exchange: str) -> None:
    """freqtrade ends no exit whose remainder would be too small for it."""
    home.plugin("script", script({BTC: [4]}, stop=0.04))
    home.market.paint("BTC", 5, [0.40])
    bot = home.start((BTC,), exchange=exchange, live=True).at(4).at(4, 15).at(4, 30)
    bot.strategy.time_stop = after(0.9) - after(0)
    home.venue.faults.add("add_order", Fault.PARTIAL, share="0.9")
    for seconds in range(1, 2600, 120):
        bot.at(5, seconds)
    assert not home.alerts("are not on the exchange any more")


def test_a_balance_read_between_the_coins_and_the_money_is_no_loss(
    home: Home, exchange: str
) -> None:
    """freqtrade reads the wallets right after it sends an exit: the coins may be gone already, and
    their proceeds not there yet. No limit is reached on that."""
    home.plugin("script", script({BTC: [4]}, stop=0.04))
    bot = home.start((BTC,), exchange=exchange, live=True).at(4).at(5)
    coins_unseen(bot)
    bot.at(5, 60)
    assert not bot.run.memory.locked
    assert bot.account().equity == pytest.approx(100, abs=0.5)


def coins_unseen(bot: Bot) -> None:
    """As freqtrade's last reading of a balance that lags behind would have it."""
    wallets = bot.wallets._wallets
    wallets["BTC"] = wallets["BTC"]._replace(free=0.0, used=0.0, total=0.0)


@pytest.mark.parametrize("restarted", [False, True])
def test_after_a_balance_that_lagged_what_is_missing_later_counts_at_the_stop_of_then(
    home: Home, exchange: str, restarted: bool
) -> None:
    """The coins of an entry were not in the balance yet; since then the stop has followed the
    price."""
    home.plugin("script", script({BTC: [4]}, stop=0.04))
    home.market.paint("BTC", 5, [1.1, 1.2, 1.3, 1.4, 1.5])
    bot = home.start((BTC,), exchange=exchange, live=True).at(4).at(4, 15)
    coins_unseen(bot)
    bot.run.live.look_at_cash(after(4, 16), bot.wallets, [open_trade()])
    for hour in range(5, 10):
        bot.at(hour, 60).at(hour, 600)
    stop = open_trade().stop_loss
    assert stop > 60_000
    before = bot.account()
    coins_leave(home, exchange, home.books(exchange).total("BTC"))
    if restarted:
        home.kill()
        home.clock.move_to(after(9, 1100))
        bot = home.start((BTC,), exchange=exchange, live=True)
    bot.at(9, 1200)
    at_stop = before.cash + open_trade().amount * stop
    assert bot.account().equity == pytest.approx(at_stop, rel=0.01)
