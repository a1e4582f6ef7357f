"""Tightening: by hand, and for any account that its W reaches the floor it can reach."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nija_plugins.account import Benchmarks, Position, worst_case
from nija_plugins.risk.floors import day_floor, drawdown_floor, tightened
from nija_plugins.settings import Settings
from tests.conftest import NOW, an_account


def holding(*positions: Position, cash: float, day_open: float, peak: float):
    return an_account(
        cash, positions=positions, benchmarks=Benchmarks(NOW.date(), day_open=day_open, peak=peak)
    )


def test_a_floor_that_holds_moves_nothing() -> None:
    position = Position("BTC/USD", 1, 100, mark=100, stop=96, fee=0)
    account = holding(position, cash=900, day_open=1000, peak=1000)
    assert tightened(account, Settings()) == (position,)


def test_a_new_day_lifts_the_stop_as_far_as_the_floor_asks() -> None:
    """$500 in cash, 10 units at $50 with a stop at $40: W is $900, the day's floor $940 of $1,000.
    $40 more on 10 units is $4 a unit: 40% of the way from $40 to $50."""
    position = Position("BTC/USD", 10, 45, mark=50, stop=40, fee=0)
    account = holding(position, cash=500, day_open=1000, peak=1000)
    (raised,) = tightened(account, Settings())
    assert raised.stop == pytest.approx(44.0)


def test_stops_move_pro_rata() -> None:
    near = Position("BTC/USD", 10, 45, mark=50, stop=48, fee=0)
    far = Position("ETH/USD", 10, 45, mark=50, stop=30, fee=0)
    account = holding(near, far, cash=0, day_open=1000, peak=1000)
    first, second = tightened(account, Settings())
    assert (first.stop - 48) / 2 == pytest.approx((second.stop - 30) / 20)
    assert worst_case(0, (first, second)) == pytest.approx(940)


def test_below_the_floor_everything_is_sold_at_the_price() -> None:
    position = Position("BTC/USD", 10, 45, mark=50, stop=40, fee=0)
    account = holding(position, cash=300, day_open=1000, peak=1000)
    (raised,) = tightened(account, Settings())
    assert raised.stop == 50


@st.composite
def positions(draw):
    mark = draw(st.floats(1, 1000))
    return Position(
        pair=f"P{draw(st.integers(0, 10**6))}/USD",
        amount=draw(st.floats(0.01, 10)),
        entry_price=mark,
        mark=mark,
        stop=mark * draw(st.floats(0.5, 1.1)),
        fee=draw(st.floats(0, 0.012)),
        pending=draw(st.sampled_from([0.0, 0.5])),
    )


@given(
    st.lists(positions(), max_size=4),
    st.floats(0, 5000),
    st.floats(0.8, 1.2),
    st.floats(1.0, 1.3),
)
def test_w_reaches_the_floor_or_everything_is_sold(held, cash, opening, height) -> None:
    settings = Settings()
    account = an_account(cash, positions=tuple(held), tier=None)
    equity = account.equity
    benchmarks = Benchmarks(NOW.date(), day_open=equity * opening, peak=equity * height)
    account = replace(account, benchmarks=benchmarks)
    after = tightened(account, settings)
    floor = max(day_floor(benchmarks, settings), drawdown_floor(benchmarks, settings))
    w = worst_case(cash, after)
    assert all(new.stop >= old.stop for old, new in zip(account.positions, after, strict=True))
    assert all(new.stop <= max(new.mark, old.stop) for old, new in zip(held, after, strict=True))
    resting = any(position.pending for position in held)
    if not resting:
        reachable = min(floor, equity)
        assert w >= reachable - 1e-6 * (1 + equity)
