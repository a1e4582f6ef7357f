"""The real bot with dry_run false: real orders, at the simulated exchange, compared with its books.

What freqtrade believes (wallets, trades, profit) must be what the venue's books say.
"""

from decimal import Decimal

import pytest
from freqtrade.persistence import Trade

from nija_plugins.venue.faults import Fault
from nija_plugins.venue.orders import Order, Side, Status
from tests.integration.live import Bot, Home, script
from tests.integration.painted_market import after

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC, ETH = "BTC/USD", "ETH/USD"
CENT = 0.005
BID = {"price_side": "same", "use_order_book": False, "price_last_balance": 0.0}
"""Entries that wait at the bid instead of taking the ask."""


def entries(home: Home, exchange: str) -> list[Order]:
    """Every order to buy; where the exchange holds stops there are others."""
    return [one for one in home.books(exchange).orders if one.ticket.side is Side.BUY]


def trades(*, is_open: bool) -> list[Trade]:
    return list(Trade.get_trades_proxy(is_open=is_open))


def assert_reconciled(home: Home, bot: Bot, exchange: str, began_with: float) -> None:
    """Wallets, open amounts and closed profit are the venue's."""
    books = home.books(exchange)
    bot.wallets.update()
    for currency in ("USD", "BTC", "ETH"):
        believed = bot.wallets.get_total(currency)
        assert believed == pytest.approx(float(books.total(currency)), abs=1e-4), currency
    assert bot.wallets.get_free("USD") == pytest.approx(float(books.free("USD")), abs=CENT)
    spent = sum(t.amount * t.open_rate * (1 + t.fee_open) for t in trades(is_open=True))
    earned = sum(t.close_profit_abs or 0.0 for t in trades(is_open=False))
    assert float(books.total("USD")) == pytest.approx(began_with + earned - spent, abs=CENT)


class TestAFullTrade:
    """Entry, exit by the stop, and the books afterwards."""

    def test_entry_and_stop(self, home: Home, exchange: str) -> None:
        home.plugin("scripted", script({BTC: [4]}, stop=0.04))
        home.market.paint("BTC", 5, [1.0, 0.93])
        bot = home.start(exchange=exchange, live=True).at(4).at(4, 30)
        (order,) = entries(home, exchange)
        assert order.status is Status.FILLED
        (trade,) = trades(is_open=True)
        assert trade.amount == float(order.filled)
        assert trade.open_rate == pytest.approx(float(order.average))
        assert trade.fee_open == pytest.approx(float(order.fee / order.cost), rel=1e-3)
        assert_reconciled(home, bot, exchange, 100.0)
        bot.at(6).at(6.9).at(7).at(7, 30)
        (closed,) = trades(is_open=False)
        assert closed.exit_reason in ("stop_loss", "trailing_stop_loss", "stoploss_on_exchange")
        assert home.books(exchange).total("BTC") == 0
        assert_reconciled(home, bot, exchange, 100.0)

    def test_an_entry_that_rests_until_the_price_comes_to_it(
        self, home: Home, exchange: str
    ) -> None:
        home.plugin("scripted", script({BTC: [4]}))
        home.market.paint("BTC", 4, [0.98, 1.0])
        bot = home.start(exchange=exchange, live=True, entry_pricing=BID).at(4, 1)
        books = home.books(exchange)
        (order,) = books.open_orders
        assert not order.fills
        held = order.ticket.amount * order.ticket.limit
        assert held < books.total("USD") - books.free("USD") < held * Decimal("1.02")
        bot.at(4, 60).at(4, 70)
        (trade,) = trades(is_open=True)
        assert not trade.has_open_orders
        (fill,) = home.books(exchange).fills
        assert fill.maker and fill.price == order.ticket.limit
        (position,) = bot.account().positions
        taker = float(home.venue.quotes[exchange].rules.taker)
        assert position.fee == taker, "a stop does not rest"
        assert after(4, 1) < fill.time < after(4, 60)
        assert_reconciled(home, bot, exchange, 100.0)

    def test_an_entry_that_never_fills_is_canceled(self, home: Home, exchange: str) -> None:
        home.plugin("scripted", script({BTC: [4]}))
        home.market.paint("BTC", 4, [1.02])
        bot = home.start(exchange=exchange, live=True, entry_pricing=BID).at(4, 1)
        bot.at(4, 5).at(4, 605).at(4, 660)
        books = home.books(exchange)
        assert [order.status for order in books.orders] == [Status.CANCELED]
        assert books.free("USD") == books.total("USD") == 100
        assert not trades(is_open=True)
        assert_reconciled(home, bot, exchange, 100.0)


class TestRestart:
    """A process that ends, politely or not, and one that takes over."""

    def test_with_an_open_trade(self, home: Home, exchange: str) -> None:
        home.plugin("scripted", script({BTC: [4]}, stop=0.04))
        home.market.paint("BTC", 5, [1.0, 0.93])
        home.start(exchange=exchange, live=True).at(4).at(4, 30)
        home.kill()
        home.clock.move_to(after(5))
        bot = home.start(exchange=exchange, live=True).at(5, 10)
        (trade,) = trades(is_open=True)
        assert trade.amount == float(home.books(exchange).total("BTC"))
        assert_reconciled(home, bot, exchange, 100.0)
        bot.at(6).at(6.9).at(7).at(7, 30)
        assert len(home.books(exchange).orders) == 2
        assert not trades(is_open=True)
        assert_reconciled(home, bot, exchange, 100.0)

    @pytest.mark.slow
    def test_with_an_entry_that_filled_meanwhile(self, home: Home, exchange: str) -> None:
        home.plugin("scripted", script({BTC: [4]}))
        home.market.paint("BTC", 4, [0.98, 1.0])
        home.start(exchange=exchange, live=True, entry_pricing=BID).at(4, 1)
        assert home.books(exchange).open_orders
        home.kill()
        home.clock.move_to(after(4.1))
        bot = home.start(exchange=exchange, live=True, entry_pricing=BID).at(4.1, 10)
        (trade,) = trades(is_open=True)
        assert trade.amount == float(home.books(exchange).total("BTC"))
        assert_reconciled(home, bot, exchange, 100.0)


class TestFaults:
    """What the engine makes of an exchange that fails it. Lost answers to entries, which it would
    enter again on, are in test_reconcile."""

    @pytest.mark.slow
    def test_a_request_that_never_arrived_is_made_again(self, home: Home, exchange: str) -> None:
        home.plugin("scripted", script({BTC: [4]}))
        home.venue.faults.add("add_order", Fault.LOST_REQUEST)
        bot = home.start(exchange=exchange, live=True, timeout=500).at(4)
        assert not home.books(exchange).orders
        bot.at(4, 30).at(4, 60)
        assert len(entries(home, exchange)) == 1
        assert_reconciled(home, bot, exchange, 100.0)

    @pytest.mark.slow
    def test_a_rate_limit_on_the_entry(self, home: Home, exchange: str) -> None:
        home.plugin("scripted", script({BTC: [4]}))
        home.venue.faults.add("add_order", Fault.RATE_LIMIT)
        bot = home.start(exchange=exchange, live=True).at(4).at(4, 30).at(4, 60)
        assert len(entries(home, exchange)) == 1
        assert_reconciled(home, bot, exchange, 100.0)

    def test_a_lost_answer_to_an_exit_is_found_again(self, home: Home, exchange: str) -> None:
        home.plugin("scripted", script({BTC: [4]}, stop=0.04))
        bot = home.start(exchange=exchange, live=True, timeout=500).at(4).at(4, 30)
        home.venue.faults.add("add_order", Fault.LOST_ANSWER)
        bot.strategy.time_stop = after(1) - after(0)
        bot.at(6).at(6.9).at(7).at(7, 30).at(7, 90)
        assert home.venue.faults.happened
        exits = [
            one
            for one in home.books(exchange).orders
            if one.ticket.side is Side.SELL and one.ticket.stop is None
        ]
        assert len(exits) == 1
        assert not trades(is_open=True)
        assert_reconciled(home, bot, exchange, 100.0)

    @pytest.mark.slow
    @pytest.mark.parametrize("fault", [Fault.PARTIAL, Fault.PARTIAL_CANCELED])
    def test_a_partly_filled_entry(self, home: Home, exchange: str, fault: Fault) -> None:
        """By time-out or by the exchange: the part is the trade."""
        home.plugin("scripted", script({BTC: [4]}))
        home.venue.faults.add("add_order", fault, share="0.6")
        bot = home.start(exchange=exchange, live=True).at(4).at(4, 30).at(4, 660).at(4, 700)
        (order,) = entries(home, exchange)
        assert order.status is Status.CANCELED
        (trade,) = trades(is_open=True)
        assert trade.amount == float(order.filled)
        assert_reconciled(home, bot, exchange, 100.0)

    @pytest.mark.parametrize("share", ["0.3", "0.8"])
    def test_an_entry_that_rests_half_filled_is_known(
        self, home: Home, exchange: str, share: str
    ) -> None:
        """freqtrade counts no coin of it until it rests no longer."""
        home.plugin("scripted", script({BTC: [4]}))
        home.market.paint("BTC", 4, [1.2])
        home.venue.faults.add("add_order", Fault.PARTIAL, share=share)
        bot = home.start(exchange=exchange, live=True).at(4)
        for seconds in (15, 20, 60, 320, 380):
            bot.at(4, seconds)
            account = bot.account()
            assert account.equity == pytest.approx(100.0, abs=0.4)
            (position,) = account.positions
            (order,) = entries(home, exchange)
            assert position.amount == pytest.approx(float(order.filled))
            assert position.pending == pytest.approx(float(order.remaining))
            assert not account.unexplained and not account.unsettled
        bot.at(4, 660).at(4, 700).at(4, 1000)
        assert_reconciled(home, bot, exchange, 100.0)
        assert not home.sent


class TestDeposits:
    def test_money_from_outside_is_in_the_wallet(self, home: Home, exchange: str) -> None:
        bot = home.start(exchange=exchange, live=True).at(1)
        home.venue.deposit(home.account(exchange).key, "USD", "50")
        bot.at(2)
        bot.wallets.update()
        assert bot.wallets.get_total("USD") == 150
