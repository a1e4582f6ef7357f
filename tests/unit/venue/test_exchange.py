"""Orders at the simulated exchange: what fills, when, at what price, and what it costs."""

from datetime import timedelta
from decimal import Decimal as D
from typing import Any

import pytest

from nija_plugins.venue.exchange import Flaw, SimulatedExchange
from nija_plugins.venue.listings import COINBASE, KRAKEN
from nija_plugins.venue.names import kraken_name
from nija_plugins.venue.orders import (
    Kind,
    Lifetime,
    Reason,
    Refused,
    Side,
    Status,
    Ticket,
)
from nija_plugins.venue.quotes import Quotes
from tests.unit.venue.markets import OPENING, DrawnMarket, Hands, candles

PAIR = "SOL/USD"
DIP = candles(100.0, 100.0, 90.0, 110.0)
"""A quiet hour, one down, one up; bid 99.99, ask 100.01 at the beginning."""


class Desk:
    """An exchange with one client, and short words for what tests do."""

    def __init__(self, market: DrawnMarket, rules: Any = KRAKEN, usd: str = "1000") -> None:
        self.clock = Hands()
        self.exchange = SimulatedExchange(Quotes(rules, market, self.clock), kraken_name)
        self.exchange.open_account("me", "secret")
        self.exchange.transfer("me", "USD", D(usd))

    def order(self, side: Side, amount: str, limit: str | None = None, **more: Any) -> Any:
        flaw = more.pop("flaw", None)
        if "stop" in more:
            more["stop"] = D(more["stop"])
        kind = Kind.MARKET if limit is None else Kind.LIMIT
        ticket = Ticket(PAIR, side, kind, D(amount), limit=D(limit) if limit else None, **more)
        return self.exchange.submit("me", ticket, flaw)

    def buy(self, amount: str, limit: str | None = None, **more: Any) -> Any:
        return self.order(Side.BUY, amount, limit, **more)

    def sell(self, amount: str, limit: str | None = None, **more: Any) -> Any:
        return self.order(Side.SELL, amount, limit, **more)

    def at(self, hours: float) -> None:
        self.clock.to(hours)
        self.exchange.look()

    def again(self, order: Any) -> Any:
        return self.exchange.order("me", order.id)

    def total(self, currency: str) -> D:
        balances = self.exchange.statement("me")
        return balances[currency].total if currency in balances else D(0)

    def free(self, currency: str) -> D:
        return self.exchange.statement("me")[currency].free


@pytest.fixture
def desk() -> Desk:
    return Desk(DrawnMarket(DIP))


def refusal(call: Any, *args: Any, **more: Any) -> Reason:
    with pytest.raises(Refused) as refused:
        call(*args, **more)
    return refused.value.reason


class TestTaking:
    def test_a_market_order_pays_the_ask_and_the_taker_fee(self, desk: Desk) -> None:
        order = desk.buy("0.5")
        (fill,) = order.fills
        assert (order.status, fill.price, fill.amount) == (Status.FILLED, D("100.01"), D("0.5"))
        assert fill.fee == D("50.005") * KRAKEN.taker and not fill.maker
        assert desk.total("USD") == 1000 - D("50.005") - fill.fee
        assert desk.total("SOL") == D("0.5")

    def test_a_sell_gets_the_bid(self, desk: Desk) -> None:
        desk.buy("0.5")
        (fill,) = desk.sell("0.5").fills
        assert fill.price == D("99.99")
        assert desk.total("SOL") == 0

    def test_a_large_order_walks_up_the_book(self) -> None:
        desk = Desk(DrawnMarket(DIP, volume=2000 * 24 * 0.1), usd="100000")
        order = desk.buy("30")
        prices = [fill.price for fill in order.fills]
        assert len(prices) > 3 and prices == sorted(prices)
        assert order.average > D("100.01")

    def test_a_limit_order_takes_up_to_its_limit_and_rests_with_the_rest(self) -> None:
        desk = Desk(DrawnMarket(DIP), usd="1000000")
        order = desk.buy("100", "100.01")
        assert order.status is Status.OPEN
        assert 0 < order.filled < 100
        assert desk.again(order).average == D("100.01")

    def test_a_market_order_that_the_book_cannot_fill_ends(self) -> None:
        desk = Desk(DrawnMarket(DIP, volume=1.0), usd="10000000")
        order = desk.buy("5000")
        assert order.status is Status.CANCELED and 0 < order.filled < 5000

    def test_by_cost_spends_no_more_than_that(self, desk: Desk) -> None:
        ticket = Ticket(PAIR, Side.BUY, Kind.MARKET, cost=D("100"))
        order = desk.exchange.submit("me", ticket)
        assert order.status is Status.FILLED
        assert D("99.99") < order.cost + order.fee <= 100


class TestResting:
    def test_fills_as_maker_at_its_limit_when_the_price_comes(self, desk: Desk) -> None:
        order = desk.buy("1", "95")
        assert order.status is Status.OPEN
        assert desk.free("USD") == 1000 - 95 * (1 + KRAKEN.taker)
        desk.at(2.4)
        assert desk.again(order).open
        desk.at(2.6)
        (fill,) = desk.again(order).fills
        assert (fill.price, fill.maker) == (D(95), True)
        assert fill.time == OPENING + timedelta(hours=2.5)
        assert desk.total("USD") == 1000 - 95 * (1 + KRAKEN.maker)
        assert desk.free("USD") == desk.total("USD")

    def test_not_before_it_was_placed(self, desk: Desk) -> None:
        desk.at(2.9)  # at 91, on the way to 90
        order = desk.buy("1", "90.5")
        desk.at(2.97)
        (fill,) = desk.again(order).fills
        assert OPENING + timedelta(hours=2.9) < fill.time

    def test_a_large_one_gets_the_rest_when_the_price_goes_through(self) -> None:
        desk = Desk(DrawnMarket(candles(100.0, 95.0, 95.0, 94.0)), usd="100000")
        order = desk.buy("100", "95")
        desk.at(2.5)
        touched = desk.again(order)
        assert touched.open and 0 < touched.filled < 100
        desk.at(4)
        assert desk.again(order).status is Status.FILLED

    def test_best_price_first_then_the_earlier_one(self, desk: Desk) -> None:
        late, early, best = desk.buy("1", "94"), desk.buy("1", "94"), desk.buy("1", "95")
        desk.at(3)
        numbers = [desk.again(one).fills[0].number for one in (best, late, early)]
        assert numbers == sorted(numbers)

    def test_best_price_first_after_a_jump_too(self) -> None:
        desk = Desk(DrawnMarket([(100, 100, 100, 100), (80, 80, 80, 80)]))
        low, high = desk.buy("1", "94"), desk.buy("1", "95")
        desk.at(1.5)
        assert desk.again(high).fills[0].number < desk.again(low).fills[0].number
        assert desk.again(low).fills[0].price == 94, "its own price, not a better one"

    def test_cancel_gives_back_what_it_held(self, desk: Desk) -> None:
        order = desk.buy("1", "95")
        assert desk.exchange.cancel("me", order.id).status is Status.CANCELED
        assert desk.free("USD") == 1000
        assert refusal(desk.exchange.cancel, "me", order.id) is Reason.UNKNOWN_ORDER

    def test_a_cancel_comes_too_late_for_what_has_filled_meanwhile(self, desk: Desk) -> None:
        order = desk.buy("1", "95")
        desk.clock.to(3)
        assert refusal(desk.exchange.cancel, "me", order.id) is Reason.UNKNOWN_ORDER
        assert desk.again(order).status is Status.FILLED

    def test_it_expires(self, desk: Desk) -> None:
        order = desk.buy("1", "95", expires=OPENING + timedelta(hours=1))
        desk.at(4)
        gone = desk.again(order)
        assert (gone.status, gone.closed) == (Status.CANCELED, OPENING + timedelta(hours=1))


class TestStops:
    def test_sells_at_the_market_when_the_price_falls_to_it(self, desk: Desk) -> None:
        desk.buy("1")
        order = desk.sell("1", stop="95")
        assert desk.free("SOL") == 0
        desk.at(2.45)
        assert not desk.again(order).working
        desk.at(2.6)
        (fill,) = desk.again(order).fills
        assert fill.price == D("94.99") and not fill.maker
        assert fill.time == OPENING + timedelta(hours=2.5)

    def test_a_gap_costs_what_it_costs(self) -> None:
        desk = Desk(DrawnMarket([(100, 100, 100, 100), (80, 80, 80, 80)]))
        desk.buy("1")
        order = desk.sell("1", stop="95")
        desk.at(1.5)
        assert desk.again(order).average == D("79.99")

    def test_a_stop_limit_behind_a_gap_rests(self) -> None:
        desk = Desk(DrawnMarket([(100, 100, 100, 100), (80, 80, 80, 80), *candles(80.0, 97.0)]))
        desk.buy("1")
        order = desk.sell("1", "94", stop="95")
        desk.at(1.5)
        assert desk.again(order).working and desk.again(order).open
        desk.at(4)
        assert desk.again(order).average == 94

    def test_one_that_is_passed_already(self, desk: Desk) -> None:
        desk.buy("1")
        assert desk.sell("0.5", stop="101").status is Status.FILLED
        quotes = desk.exchange.quotes
        strict = SimulatedExchange(quotes, kraken_name, refuses_passed_stops=True)
        strict.open_account("me", "")
        strict.transfer("me", "SOL", D(1))
        ticket = Ticket(PAIR, Side.SELL, Kind.MARKET, D(1), stop=D(101))
        assert refusal(strict.submit, "me", ticket) is Reason.STOP_PASSED


class TestRefusals:
    @pytest.mark.parametrize(
        ("amount", "limit", "reason"),
        [
            ("0.019", "100", Reason.BELOW_MINIMUM_AMOUNT),
            ("0.02", "20", Reason.BELOW_MINIMUM_COST),
            ("1", "100.005", Reason.BAD_PRICE),
            ("1", "-1", Reason.BAD_PRICE),
            ("1.000000001", "100", Reason.BAD_AMOUNT),
            ("NaN", "100", Reason.BAD_AMOUNT),
            ("0", "100", Reason.BAD_AMOUNT),
            ("10", "100", Reason.INSUFFICIENT_FUNDS),  # the fee is missing
        ],
    )
    def test_buys(self, desk: Desk, amount: str, limit: str, reason: Reason) -> None:
        assert refusal(desk.buy, amount, limit) is reason
        assert not desk.exchange.orders("me") and desk.free("USD") == 1000

    def test_each_exchange_has_its_own_minimum(self) -> None:
        desk = Desk(DrawnMarket(DIP), COINBASE)
        assert desk.buy("0.011", "99").open
        assert refusal(desk.buy, "0.0099", "100") is Reason.BELOW_MINIMUM_COST

    def test_others(self, desk: Desk) -> None:
        assert refusal(desk.sell, "1") is Reason.INSUFFICIENT_FUNDS
        assert refusal(desk.buy, "1", "101", post_only=True) is Reason.WOULD_TAKE
        doge = Ticket("DOGE/USD", Side.BUY, Kind.MARKET, D(1))
        assert refusal(desk.exchange.submit, "me", doge) is Reason.UNKNOWN_PAIR

    def test_money_is_held_once(self, desk: Desk) -> None:
        desk.buy("9", "95")
        assert refusal(desk.buy, "9", "95") is Reason.INSUFFICIENT_FUNDS
        with pytest.raises(ValueError, match="less than 500 USD free"):
            desk.exchange.transfer("me", "USD", D(-500))


class TestLifetimes:
    def test_post_only_rests(self, desk: Desk) -> None:
        assert desk.buy("1", "100", post_only=True).open

    def test_immediate_or_cancel(self) -> None:
        desk = Desk(DrawnMarket(DIP), usd="1000000")
        order = desk.buy("100", "100.01", lifetime=Lifetime.IMMEDIATE)
        assert order.status is Status.CANCELED and 0 < order.filled < 100
        assert desk.free("USD") == desk.total("USD")

    def test_fill_or_kill(self) -> None:
        desk = Desk(DrawnMarket(DIP), usd="1000000")
        order = desk.buy("100", "100.01", lifetime=Lifetime.ALL_OR_NOTHING)
        assert order.status is Status.CANCELED and not order.fills
        assert desk.buy("1", "100.01", lifetime=Lifetime.ALL_OR_NOTHING).status is Status.FILLED


class TestFlaws:
    def test_a_part_then_canceled(self, desk: Desk) -> None:
        order = desk.buy("1", "101", flaw=Flaw(D("0.3"), cancels=True))
        assert (order.status, order.filled) == (Status.CANCELED, D("0.3"))
        assert desk.free("USD") == desk.total("USD")

    def test_a_part_and_the_rest_later(self, desk: Desk) -> None:
        order = desk.buy("1", "101", flaw=Flaw(D("0.3"), cancels=False))
        assert order.open and order.filled == D("0.3")
        desk.at(3)
        assert desk.again(order).status is Status.FILLED

    def test_nothing_then_canceled(self, desk: Desk) -> None:
        order = desk.buy("1", "101", flaw=Flaw(D(0), cancels=True))
        assert order.status is Status.CANCELED and not order.fills

    def test_a_resting_one_gets_its_part_too(self, desk: Desk) -> None:
        order = desk.buy("1", "95", flaw=Flaw(D("0.5"), cancels=True))
        assert order.open
        desk.at(3)
        assert (desk.again(order).status, desk.again(order).filled) == (
            Status.CANCELED,
            D("0.5"),
        )


def test_the_rest_of_an_order_that_took_waits_for_a_lower_price() -> None:
    """It has become the best bid: the price must come down to it, and past it."""
    desk = Desk(DrawnMarket(candles(100.0, 100.0, 99.9, 110.0)), usd="1000000")
    order = desk.buy("100", "100.01")
    part = order.filled
    desk.at(1.9)
    assert desk.again(order).filled == part
    desk.at(3)
    assert desk.again(order).status is Status.FILLED


def test_a_stop_limit_for_once_does_not_rest() -> None:
    desk = Desk(DrawnMarket([(100, 100, 100, 100), (80, 80, 80, 80)]))
    desk.buy("1")
    order = desk.sell("1", "94", stop="95", lifetime=Lifetime.IMMEDIATE)
    desk.at(1.5)
    assert desk.again(order).status is Status.CANCELED
