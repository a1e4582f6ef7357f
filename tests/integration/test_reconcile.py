"""Money and coins that no trade explains, through the real bot with real orders at the venue."""

import json

import pytest
from freqtrade.persistence import PairLocks, Trade
from typer.testing import CliRunner

from nija_plugins.cli import app
from nija_plugins.memory.store import MEMORY_FILE, AccountStore, accounts
from nija_plugins.venue.faults import Fault
from nija_plugins.venue.orders import Side
from tests.integration.live import Bot, Home, script
from tests.integration.painted_market import after

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC, ETH = "BTC/USD", "ETH/USD"
BID = {"price_side": "same", "use_order_book": False, "price_last_balance": 0.0}


def entries(home: Home, exchange: str) -> list[object]:
    return [o for o in home.books(exchange).orders if o.ticket.side is Side.BUY]


def locked(pair: str) -> bool:
    return any(lock.reason == "nija_unreconciled" for lock in PairLocks.get_pair_locks(pair))


def reconcile(
    home: Home, monkeypatch: pytest.MonkeyPatch, *arguments: str, database: str = "trades"
) -> str:
    """`nija reconcile` beside the running bot, on its database."""
    config = json.loads((home.user_data / "config.json").read_text())
    config["db_url"] = f"sqlite:///{home.path / database}.sqlite"
    (home.user_data / "config.json").write_text(json.dumps(config))
    monkeypatch.chdir(home.path)
    home.clock.sleep(1)  # Kraken wants a new nonce
    result = CliRunner().invoke(app, ["reconcile", *arguments], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result.output


def lost(home: Home, exchange: str, fault: Fault = Fault.LOST_ANSWER) -> Bot:
    """An entry that the exchange accepted and whose answer was lost, two loops ago."""
    home.plugin("scripted", script({BTC: [4], ETH: [8]}, stop=0.04))
    home.venue.faults.add("add_order", fault)
    bot = home.start((BTC, ETH), exchange=exchange, live=True, timeout=500).at(4)
    assert not Trade.get_trades_proxy()
    assert len(home.books(exchange).orders) == 1, "the exchange has it"
    return bot.at(4, 15).at(4, 25)


class TestALostAnswer:
    """freqtrade would enter again; NIJA asks the exchange first."""

    def test_there_is_no_second_order(self, home: Home, exchange: str) -> None:
        bot = lost(home, exchange).at(4, 35).at(5).at(5, 10)
        assert len(entries(home, exchange)) == 1
        assert locked(BTC)
        (told,) = home.alerts("that no trade explains")
        assert "0.00025" in told and BTC in told and "nija reconcile BTC/USD" in told
        refused = bot.said("Entry into BTC/USD refused: The exchange has a holding of")
        assert len(refused) <= 1

    def test_it_stops_nothing_else(self, home: Home) -> None:
        """The limits take the missing money for spent, not lost; other pairs go on."""
        bot = lost(home, "kraken").at(4, 35).at(8)
        assert not bot.said("nija_drawdown")
        assert {trade.pair for trade in Trade.get_trades_proxy(is_open=True)} == {ETH}

    @pytest.mark.slow
    @pytest.mark.parametrize("fault", [Fault.DROPPED, Fault.ERROR_AFTER])
    def test_however_it_was_lost(self, home: Home, exchange: str, fault: Fault) -> None:
        lost(home, exchange, fault).at(5).at(5, 10)
        assert len(entries(home, exchange)) == 1
        assert locked(BTC)

    def test_an_entry_that_rests_at_the_exchange_is_found_too(
        self, home: Home, exchange: str
    ) -> None:
        home.plugin("scripted", script({BTC: [4]}, stop=0.04))
        home.market.paint("BTC", 4, [1.02])
        home.venue.faults.add("add_order", Fault.LOST_ANSWER)
        bot = home.start((BTC,), exchange=exchange, live=True, timeout=500, entry_pricing=BID)
        bot.at(4, 1).at(4, 15).at(4, 25).at(4, 35)
        assert len(home.books(exchange).open_orders) == len(home.books(exchange).orders) == 1
        assert locked(BTC)
        assert home.alerts("an open order")

    def test_the_process_dies_before_it_wrote_the_order_down(
        self, home: Home, exchange: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        home.plugin("scripted", script({BTC: [4]}, stop=0.04))
        bot = home.start((BTC,), exchange=exchange, live=True).at(3)

        class Died(BaseException):
            """SIGKILL, in its place."""

        def die(*_: object) -> None:
            raise Died

        with monkeypatch.context() as patch:
            patch.setattr(Trade, "recalc_trade_from_orders", die)
            with pytest.raises(Died):
                bot.at(4)
        home.kill()
        home.clock.move_to(after(4, 20))
        assert len(home.books(exchange).orders) == 1
        bot = home.start((BTC,), exchange=exchange, live=True).at(4, 30).at(4, 40).at(4, 50)
        assert not Trade.get_trades_proxy()
        assert len(home.books(exchange).orders) == 1
        assert locked(BTC)
        assert home.alerts("that no trade explains")

    def test_a_restart_tells_it_no_second_time_and_lets_go_when_it_is_gone(
        self, home: Home
    ) -> None:
        """The person sold by hand what the lost order had bought, while no bot ran."""
        lost(home, "kraken").at(4, 35)
        home.kill()
        home.clock.move_to(after(4, 50))
        home.start((BTC,), exchange="kraken", live=True).at(4, 55).at(4, 65)
        assert len(home.alerts("that no trade explains")) == 1
        assert locked(BTC)
        home.kill()
        home.venue.withdraw(home.account("kraken").key, "BTC", home.books("kraken").total("BTC"))
        home.clock.move_to(after(4, 80))
        home.start((BTC,), exchange="kraken", live=True).at(4, 90)
        assert not locked(BTC)


class TestReconcile:
    """`nija reconcile`, while the bot runs."""

    def test_adopt(self, home: Home, exchange: str, monkeypatch: pytest.MonkeyPatch) -> None:
        bot = lost(home, exchange).at(4, 35)
        assert "holding" in reconcile(home, monkeypatch)
        (found,) = json.loads(reconcile(home, monkeypatch, "--json"))["unexplained"]
        assert (found["pair"], found["order_id"]) == (BTC, None)
        assert "as trade 1" in reconcile(home, monkeypatch, BTC, "--adopt")
        (order,) = home.books(exchange).orders
        bot.at(4, 60).at(4, 70)
        (trade,) = Trade.get_trades_proxy(is_open=True)
        assert trade.amount == float(order.filled)
        assert trade.open_rate == pytest.approx(float(order.average), abs=0.1)
        assert trade.orders[0].order_id == order.id
        assert not locked(BTC)
        assert trade.stop_loss == pytest.approx(trade.open_rate * 0.96, rel=2e-3), "its plan"
        marks = bot.run.memory.benchmarks
        assert marks is not None and marks.peak == pytest.approx(100.0, rel=2e-3)
        (line,) = reconcile(home, monkeypatch).splitlines()
        assert line.startswith("Nothing to reconcile: trades.sqlite explains all that ")
        assert BTC in line
        home.market.paint("BTC", 5, [0.93])
        bot.at(5).at(6).at(6, 30)
        assert not Trade.get_trades_proxy(is_open=True)
        assert home.books(exchange).total("BTC") == 0

    @pytest.mark.parametrize("price", [(), ("--price", "50000")])
    def test_a_position_whose_database_is_lost(
        self, home: Home, monkeypatch: pytest.MonkeyPatch, price: tuple[str, ...]
    ) -> None:
        """Its stop at Kraken is no second purchase: a trade of twice the coins is never sold."""
        home.plugin("scripted", script({BTC: [4]}, stop=0.04))
        home.market.paint("BTC", 5, [0.93])
        home.start((BTC,), exchange="kraken", live=True).at(4).at(4, 15)
        home.kill()
        home.clock.move_to(after(4, 60))
        bot = home.start((BTC,), exchange="kraken", live=True, database="anew").at(4, 90)
        told = reconcile(home, monkeypatch, BTC, "--adopt", *price, database="anew")
        assert "as trade 1" in told and "it sells" in told
        bot.at(4, 120).at(4, 190).at(4, 300)
        (trade,) = Trade.get_trades_proxy(is_open=True)
        assert trade.amount == float(home.books("kraken").total("BTC"))
        (stop,) = home.books("kraken").open_orders
        assert [one.order_id for one in trade.open_sl_orders] == [stop.id]
        bot.at(6, 30).at(6, 60)
        assert not Trade.get_trades_proxy(is_open=True)
        assert home.books("kraken").total("BTC") == 0

    def test_coins_of_no_order_are_adopted_and_every_stop_is_watched(
        self, home: Home, exchange: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """freqtrade asks for the fee of their purchase, which the exchange does not know."""
        home.account(exchange, USD="100", BTC="0.0003")
        home.plugin("scripted", script({BTC: [4], ETH: [4]}, stop=0.04))
        for asset in ("BTC", "ETH"):
            home.market.paint(asset, 5, [0.93])
        bot = home.start((BTC, ETH), exchange=exchange, live=True).at(3).at(3, 400).at(4, 1)
        reconcile(home, monkeypatch, BTC, "--adopt", "--price", "50000")
        bot.at(4, 200).at(4, 300)
        assert {trade.pair for trade in Trade.get_trades_proxy(is_open=True)} == {BTC, ETH}
        assert not bot.said("Could not get order")
        bot.at(6, 30).at(6, 90).at(6, 150)
        assert not Trade.get_trades_proxy(is_open=True)
        assert home.books(exchange).total("BTC") == home.books(exchange).total("ETH") == 0

    def test_keep_as_ones_own(
        self, home: Home, exchange: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Coins that were there before the bot: named once, then the pair trades beside them."""
        home.account(exchange, USD="100", BTC="0.01")
        home.plugin("scripted", script({BTC: [4, 8]}, stop=0.04))
        bot = home.start((BTC,), exchange=exchange, live=True).at(3).at(3, 400).at(4)
        assert not home.books(exchange).orders
        assert locked(BTC)
        assert len(home.alerts("a holding of 0.01 BTC")) == 1
        assert "as your own" in reconcile(home, monkeypatch, BTC, "--own")
        bot.at(4, 60).at(7).at(8).at(8, 20)
        (trade,) = Trade.get_trades_proxy(is_open=True)
        assert not locked(BTC)
        assert home.books(exchange).total("BTC") > 0.01
        bot.at(9)
        account = bot.account()
        assert [position.amount for position in account.positions] == [trade.amount]
        assert account.equity == pytest.approx(100.0, abs=0.5), "one's own coins are no equity"

    def test_what_it_refuses(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(home.path)
        home.start((BTC,), exchange="kraken").at(1)
        for arguments, why in [
            (["--adopt"], "Name the pair"),
            ([BTC, "--adopt", "--own"], "exclude each other"),
            ([], "dry run"),
        ]:
            result = CliRunner().invoke(app, ["reconcile", *arguments])
            assert result.exit_code == 2
            assert why in result.output


class TestCashFlows:
    """Deposits and withdrawals are neither profit nor loss."""

    def marks(self, bot: Bot) -> tuple[float, float]:
        found = bot.run.memory.benchmarks
        assert found is not None
        return found.day_open, found.peak

    def test_a_deposit(self, home: Home, exchange: str) -> None:
        bot = home.start((BTC,), exchange=exchange, live=True).at(1)
        home.venue.deposit(home.account(exchange).key, "USD", "50")
        bot.at(2).at(2, 10)
        assert self.marks(bot) == pytest.approx((150.0, 150.0))
        assert len(home.alerts("Deposit of $50.00")) == 1
        store = AccountStore(home.user_data / MEMORY_FILE, f"{exchange} live trades")
        assert [flow.amount for flow in store.flows()] == [50.0]

    def test_withdrawing_a_fifth_closes_nothing(self, home: Home, exchange: str) -> None:
        """With a position open and the account 4% below its peak."""
        home.plugin("scripted", script({BTC: [4]}, stop=0.20, target=3.0))
        home.market.paint("BTC", 4, [0.88])
        bot = home.start((BTC,), exchange=exchange, live=True).at(4).at(4, 20).at(5)
        before = bot.account()
        assert before.benchmarks.peak > before.equity
        fall = before.equity / before.benchmarks.peak
        home.venue.withdraw(home.account(exchange).key, "USD", str(round(before.equity / 5, 2)))
        bot.at(6).at(6, 10).at(6, 20)
        (trade,) = Trade.get_trades_proxy(is_open=True)
        assert not trade.has_open_orders
        assert not bot.said("nija_drawdown") and not bot.said("nija_daily_loss")
        after_it = bot.account()
        assert after_it.equity == pytest.approx(before.equity * 0.8, abs=0.01)
        assert after_it.equity / after_it.benchmarks.peak == pytest.approx(fall, rel=1e-3)
        assert len(home.alerts("Withdrawal of $")) == 1

    def test_nothing_is_entered_until_a_second_reading_agrees(self, home: Home) -> None:
        home.plugin("scripted", script({BTC: [4]}, stop=0.04))
        bot = home.start((BTC,), exchange="kraken", live=True).at(3, 3000)
        home.venue.deposit(home.account("kraken").key, "USD", "50")
        bot.at(4)
        assert not home.books("kraken").orders
        assert bot.said("Entry into BTC/USD refused: The cash changed by $+50.00")
        bot.at(4, 10)
        assert len(home.books("kraken").orders) == 1

    def test_trading_is_no_flow(self, home: Home, exchange: str) -> None:
        """A round trip with its fees, a balance that lags behind included."""
        home.plugin("scripted", script({BTC: [4]}, stop=0.04))
        home.market.paint("BTC", 5, [1.0, 0.93])
        home.venue.faults.add("balance", Fault.STALE_BALANCE, nth=3, times=1)
        bot = home.start((BTC,), exchange=exchange, live=True).at(4).at(4, 10).at(4, 20)
        bot.at(5).at(6).at(6, 1800).at(7).at(7, 30).at(7, 400)
        assert not Trade.get_trades_proxy(is_open=True)
        assert home.books(exchange).total("BTC") == 0
        assert not bot.said("Deposit of") and not bot.said("Withdrawal of")
        assert self.marks(bot) == pytest.approx((100.0, 100.0))

    def test_a_deposit_while_the_bot_was_down(self, home: Home, exchange: str) -> None:
        home.start((BTC,), exchange=exchange, live=True).at(1).at(2)
        home.kill()
        home.venue.deposit(home.account(exchange).key, "USD", "100")
        home.clock.move_to(after(3))
        bot = home.start((BTC,), exchange=exchange, live=True).at(3, 10).at(3, 20)
        assert self.marks(bot) == pytest.approx((200.0, 200.0))
        assert len(home.alerts("Deposit of $100.00")) == 1
        assert accounts(home.user_data / MEMORY_FILE) == [f"{exchange} live trades"]
