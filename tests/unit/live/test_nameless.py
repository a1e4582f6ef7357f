"""Orders without an id: which of the exchange's orders they are, and when they go."""

from datetime import timedelta
from typing import Any

import pytest
from freqtrade.exceptions import TemporaryError
from freqtrade.persistence import Order, Trade, init_db

from nija_plugins.live.nameless import NamelessOrders
from nija_plugins.live.reconciling import AGAIN
from tests.conftest import NOW

PAIR = "BTC/USD"


class Exchange:
    """Answers with `orders`, or fails."""

    def __init__(self, *orders: dict[str, Any], fails: bool = False) -> None:
        self.orders, self.fails, self.asked = list(orders), fails, 0

    def fetch_orders(self, pair: str, since: Any) -> list[dict[str, Any]]:
        assert (pair, since < NOW) == (PAIR, True)
        self.asked += 1
        if self.fails:
            raise TemporaryError("maintenance")
        return self.orders


def told(number: str, side: str = "buy", amount: float = 0.01, at: int = 1) -> dict[str, Any]:
    return {"id": number, "side": side, "amount": amount, "timestamp": at}


@pytest.fixture(autouse=True)
def database() -> None:
    init_db("sqlite://")


def a_trade(*orders: tuple[str, str], amount: float = 0.0) -> Trade:
    """An open trade with (side, id) of its orders; those without an id are open."""
    trade = Trade(
        pair=PAIR,
        base_currency="BTC",
        stake_currency="USD",
        stake_amount=10.0,
        amount=amount,
        fee_open=0.0,
        fee_close=0.0,
        open_rate=1000.0,
        open_date=NOW,
        exchange="kraken",
    )
    for side, number in orders:
        lost = number == "None"
        trade.orders.append(
            Order(
                ft_order_side=side,
                ft_pair=PAIR,
                ft_is_open=lost,
                ft_amount=0.01,
                ft_price=1000.0,
                order_id=number,
                status=None if lost else "closed",
                symbol=PAIR,
                side=None if lost else side,
                order_date=NOW,
            )
        )
    Trade.session.add(trade)
    Trade.commit()
    return trade


def look(watch: NamelessOrders, exchange: Exchange, after: timedelta = timedelta(0), **how: Any):
    trades = Trade.get_trades_proxy(is_open=True)
    watch.look(NOW + after, exchange, trades, lambda: frozenset({"mine"}), **how)


def ids() -> list[str]:
    return [order.order_id for trade in Trade.get_trades_proxy() for order in trade.orders]


def test_the_newest_order_like_it() -> None:
    a_trade(("buy", "None"))
    others = (
        told("mine", at=9),
        told("sale", side="sell", at=8),
        told("larger", amount=0.0101, at=7),
        told("newest", amount=0.010000001, at=3),
        told("older", at=2),
    )
    look(NamelessOrders(), Exchange(*others))
    assert ids() == ["newest"]


def test_a_known_order_is_another_one() -> None:
    a_trade(("buy", "first"), ("sell", "None"), amount=0.01)
    look(NamelessOrders(), Exchange(told("first"), told("second", side="sell")))
    assert ids() == ["first", "second"]


def test_one_that_was_never_accepted_goes_after_a_second_question() -> None:
    a_trade(("buy", "first"), ("sell", "None"), amount=0.01)
    watch, exchange = NamelessOrders(), Exchange(told("first"))
    look(watch, exchange)
    look(watch, exchange, AGAIN / 2)
    assert (exchange.asked, ids()) == (1, ["first", "None"])
    look(watch, exchange, AGAIN)
    assert (exchange.asked, ids()) == (2, ["first"])


def test_a_trade_of_nothing_goes_with_it() -> None:
    a_trade(("buy", "None"))
    look(NamelessOrders(), Exchange(), starting=True)
    assert not Trade.get_trades_proxy()


def test_a_start_clears_a_stop_without_asking() -> None:
    a_trade(("buy", "first"), ("stoploss", "None"), amount=0.01)
    exchange = Exchange()
    look(NamelessOrders(), exchange)
    assert ids() == ["first", "None"]
    look(NamelessOrders(), exchange, starting=True)
    assert (exchange.asked, ids()) == (0, ["first"])


@pytest.mark.parametrize("starting", [False, True])
def test_no_answer_changes_nothing(starting: bool) -> None:
    a_trade(("buy", "None"))
    watch = NamelessOrders()
    for minutes in (0, 1, 2):
        look(watch, Exchange(fails=True), timedelta(minutes=minutes), starting=starting)
    assert ids() == ["None"]
