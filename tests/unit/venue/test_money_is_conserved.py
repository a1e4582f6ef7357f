"""Whatever clients do and prices do, no money appears or vanishes. Exact to the last digit."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal as D
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nija_plugins.venue.account import hold
from nija_plugins.venue.exchange import Flaw, SimulatedExchange
from nija_plugins.venue.listings import EXCHANGES, ExchangeRules
from nija_plugins.venue.names import kraken_name
from nija_plugins.venue.orders import Kind, Lifetime, Refused, Side, Status, Ticket
from nija_plugins.venue.quotes import Quotes
from tests.unit.venue.markets import OPENING, DrawnMarket, Hands

CLIENTS = ("alice", "bob")
prices = st.integers(8_000, 12_000).map(lambda cents: D(cents) / 100)
amounts = st.integers(1, 60_000).map(lambda units: D(units) / 1000)
legs = st.tuples(*[st.floats(80, 120)] * 4).map(
    lambda p: (p[0], max(p), min(p), p[3]),
)
tickets = st.builds(
    Ticket,
    pair=st.just("SOL/USD"),
    side=st.sampled_from(Side),
    kind=st.sampled_from(Kind),
    amount=amounts,
    limit=prices,
    stop=st.none() | prices,
    stop_up=st.booleans(),
    post_only=st.booleans(),
    lifetime=st.sampled_from(Lifetime),
).map(lambda t: Ticket(**{**fields(t), "limit": t.limit if t.kind is Kind.LIMIT else None}))
flaws = st.none() | st.builds(Flaw, st.sampled_from([D(0), D("0.37")]), st.booleans())
steps = st.one_of(
    st.tuples(st.just("order"), st.sampled_from(CLIENTS), tickets, flaws),
    st.tuples(st.just("cancel"), st.sampled_from(CLIENTS), st.integers(0, 9)),
    st.tuples(st.just("transfer"), st.sampled_from(CLIENTS), amounts, st.booleans()),
    st.tuples(st.just("wait"), st.integers(1, 90)),
)


def fields(ticket: Ticket) -> dict[str, Any]:
    return {name: getattr(ticket, name) for name in ticket.__slots__}


def an_exchange(rules: ExchangeRules, market: DrawnMarket) -> tuple[SimulatedExchange, Hands]:
    clock = Hands()
    exchange = SimulatedExchange(Quotes(rules, market, clock), kraken_name)
    for client in CLIENTS:
        exchange.open_account(client, "")
        exchange.transfer(client, "USD", D(5_000))
        exchange.transfer(client, "SOL", D(20))
    return exchange, clock


def take(exchange: SimulatedExchange, clock: Hands, step: Any, *, looks: int = 1) -> None:
    what, *details = step
    try:
        if what == "order":
            exchange.submit(*details)
        elif what == "cancel":
            client, index = details
            orders = exchange.orders(client)
            if index < len(orders):
                exchange.cancel(client, orders[index].id)
        elif what == "transfer":
            client, amount, leaves = details
            exchange.transfer(client, "USD", -amount if leaves else amount)
        else:
            begin = clock.now
            for part in range(1, looks + 1):
                clock.now = begin + timedelta(minutes=details[0]) * part / looks
                exchange.look()
    except (Refused, ValueError):
        pass


def assert_conserved(exchange: SimulatedExchange) -> None:
    totals: dict[str, D] = defaultdict(D)
    for client in CLIENTS:
        for currency, balance in exchange.statement(client).items():
            assert balance.total >= 0 and balance.free >= 0 and balance.used >= 0
            totals[currency] += balance.total
    for currency in ("USD", "SOL"):
        rest = exchange.market.get(currency, D(0)) + exchange.fees.get(currency, D(0))
        assert totals[currency] + rest == exchange.deposited[currency]


def assert_honest(exchange: SimulatedExchange, client: str) -> None:
    """Holds are the open orders', fills keep to their orders."""
    held: dict[str, D] = defaultdict(D)
    rules, now = exchange.rules, exchange.quotes.clock()
    for order in exchange.orders(client):
        ticket = order.ticket
        if order.open:
            currency, amount = hold(order, rules.taker)
            held[currency] += amount
            assert ticket.kind is Kind.LIMIT or not order.working
        assert ticket.amount is not None and order.filled <= ticket.amount
        assert (order.status is Status.FILLED) == (order.remaining == 0)
        for fill in order.fills:
            sign = 1 if fill.side is Side.BUY else -1
            if ticket.limit is not None:
                assert fill.price * sign <= ticket.limit * sign
                assert not fill.maker or fill.price == ticket.limit
            assert fill.fee == fill.cost * (rules.maker if fill.maker else rules.taker)
            assert order.opened <= fill.time <= now
    for currency, balance in exchange.statement(client).items():
        assert balance.used == held[currency]


@settings(max_examples=60)
@given(
    st.sampled_from(list(EXCHANGES.values())),
    st.lists(legs, min_size=8, max_size=8),
    st.lists(steps, max_size=14),
)
def test_money_is_conserved(rules: ExchangeRules, candles: Any, script: Any) -> None:
    exchange, clock = an_exchange(rules, DrawnMarket(candles))
    for step in script:
        take(exchange, clock, step)
        assert_conserved(exchange)
        for client in CLIENTS:
            assert_honest(exchange, client)


@settings(max_examples=25)
@given(st.lists(legs, min_size=8, max_size=8), st.lists(steps, max_size=10))
def test_it_does_not_matter_how_often_one_looks(candles: Any, script: Any) -> None:
    rules, market = EXCHANGES["kraken"], DrawnMarket(candles)
    seldom, often = an_exchange(rules, market), an_exchange(rules, market)
    for step in script:
        take(*seldom, step)
        take(*often, step, looks=7)
    for client in CLIENTS:
        for one, other in zip(seldom[0].orders(client), often[0].orders(client), strict=True):
            assert (one.status, one.filled, one.cost) == (other.status, other.filled, other.cost)
            for a, b in zip(one.fills, other.fills, strict=True):
                assert abs(a.time - b.time) < timedelta(milliseconds=1)
    assert seldom[1].now == often[1].now >= OPENING
