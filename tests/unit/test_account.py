"""Equity and W, by hand."""

from datetime import UTC, datetime

import pytest

from nija_plugins.account import Benchmarks, Position, equity, unsound, worst_case

POSITION = Position(
    pair="BTC/USD", amount=0.001, entry_price=50_000, mark=60_000, stop=48_000, fee=0.004
)


def test_equity_is_cash_and_positions_less_the_fee_to_get_out() -> None:
    assert equity(40.0, (POSITION,)) == pytest.approx(40 + 60 * 0.996)


def test_worst_case_is_what_the_stops_leave() -> None:
    assert worst_case(40.0, (POSITION,)) == pytest.approx(40 + 48 * 0.996)


def test_a_stop_already_passed_saves_nothing() -> None:
    fallen = Position("BTC/USD", 0.001, 50_000, mark=45_000, stop=48_000, fee=0.004)
    assert worst_case(40.0, (fallen,)) == pytest.approx(40 + 45 * 0.996)


def test_a_resting_entry_counts_as_if_it_filled_and_hit_its_stop() -> None:
    resting = Position("BTC/USD", 0, 50_000, mark=50_000, stop=48_000, fee=0.004, pending=0.001)
    assert equity(100.0, (resting,)) == 100.0
    assert worst_case(100.0, (resting,)) == pytest.approx(100 - (50 * 1.004 - 48 * 0.996))


@pytest.mark.parametrize(
    "broken", [{"mark": float("nan")}, {"stop": -1.0}, {"amount": float("inf")}]
)
def test_an_account_with_a_number_that_is_none_is_unsound(broken) -> None:
    facts = {"amount": 1.0, "entry_price": 1.0, "mark": 1.0, "stop": 1.0, "fee": 0.0} | broken
    assert "BTC/USD" in str(unsound(1.0, 1.0, (Position(pair="BTC/USD", **facts),)))
    assert unsound(float("nan"), 1.0, ())
    assert unsound(1.0, 1.0, (POSITION,)) is None


def test_the_day_opens_at_midnight_utc_and_the_peak_only_rises() -> None:
    def at(day: int, hour: int) -> datetime:
        return datetime(2024, 5, day, hour, tzinfo=UTC)

    seen = Benchmarks.begin(at(1, 9), 100.0)
    seen = seen.observe(at(1, 23), 110.0)
    assert (seen.day_open, seen.peak) == (100.0, 110.0)
    seen = seen.observe(at(2, 0), 105.0)
    assert (seen.day_open, seen.peak) == (105.0, 110.0)
    seen = seen.observe(at(2, 1), 90.0)
    assert (seen.day_open, seen.peak) == (105.0, 110.0)


def test_a_clock_that_is_put_back_over_midnight_opens_no_cheaper_day() -> None:
    late, early = (datetime(2024, 5, day, 0, 30, tzinfo=UTC) for day in (2, 1))
    seen = Benchmarks.begin(late, 100.0).observe(early, 95.0)
    assert (seen.day, seen.day_open) == (early.date(), 100.0)
    assert seen.observe(late, 95.0).day_open == 95.0
