"""What the exchange holds and no trade explains; dust is nobody's business."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nija_plugins.live.holdings import Unexplained, unexplained_holding, unexplained_orders

BTC = "BTC/USD"


def order(**changes):
    plain = {"id": "O1", "status": "open", "amount": 0.002, "remaining": 0.001, "price": 50_000.0}
    return plain | changes


def test_a_holding_beyond_what_trades_explain() -> None:
    found = unexplained_holding(BTC, held=0.003, explained=0.001, price=50_000, smallest=5)
    assert found is not None
    assert found.amount == pytest.approx(0.002)
    assert found.value == pytest.approx(100.0)
    assert found.key == (BTC, None)
    assert str(found) == "a holding of 0.002 BTC ($100.00)"


@pytest.mark.parametrize(
    ("held", "explained"),
    [(0.001, 0.001), (0.0009, 0.001), (0.0, 0.0), (0.00109, 0.001)],
    ids=["all of it", "less", "nothing", "dust"],
)
def test_what_needs_no_explanation(held: float, explained: float) -> None:
    assert unexplained_holding(BTC, held, explained, price=50_000, smallest=5) is None


def test_what_could_just_be_sold_needs_one() -> None:
    assert unexplained_holding(BTC, 0.0001, 0.0, price=50_000, smallest=5) is not None


@given(held=st.floats(0, 10), explained=st.floats(0, 10), smallest=st.floats(0.01, 100))
def test_it_is_never_worth_less_than_the_smallest(
    held: float, explained: float, smallest: float
) -> None:
    found = unexplained_holding(BTC, held, explained, 100.0, smallest)
    assert (found is not None) is (held > explained and (held - explained) * 100 >= smallest)


def test_an_order_the_database_does_not_know() -> None:
    (found,) = unexplained_orders(BTC, [order()], frozenset({"O2"}))
    assert found == Unexplained(BTC, 0.001, 50.0, "O1")
    assert str(found) == "an open order O1 for 0.001 BTC ($50.00)"


@pytest.mark.parametrize("known", [{"id": "O2"}, {"status": "closed"}, {"status": "canceled"}])
def test_orders_that_need_no_explanation(known) -> None:
    assert unexplained_orders(BTC, [order(**known)], frozenset({"O2"})) == ()


def test_a_market_order_tells_no_price_and_perhaps_not_what_remains() -> None:
    (found,) = unexplained_orders(BTC, [order(id=7, price=None, remaining=None)], frozenset({"O1"}))
    assert found == Unexplained(BTC, 0.002, 0.0, "7")
