"""What coins that have left count at, part by part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nija_plugins.live.missed import after


def test_more_that_leave_count_at_the_stop_of_then() -> None:
    first = after((), 1.0, 48.0)
    assert first == ((1.0, 48.0),)
    assert after(first, 1.0, 60.0) == first
    assert after(first, 3.0, 60.0) == ((1.0, 48.0), (2.0, 60.0))


def test_the_last_to_leave_are_the_first_that_are_there_again() -> None:
    parts = ((1.0, 48.0), (2.0, 60.0))
    assert after(parts, 1.5, 70.0) == ((1.0, 48.0), (0.5, 60.0))
    assert after(parts, 0.5, 70.0) == ((0.5, 48.0),)
    assert after(parts, 0.0, 70.0) == ()


def test_binary_noise_is_no_coin() -> None:
    assert after(((0.1, 48.0), (0.2, 60.0)), 0.1 + 0.2, 70.0) == ((0.1, 48.0), (0.2, 60.0))


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(1, 100)), min_size=1))
def test_the_parts_are_what_is_missing_at_a_stop_that_was(looks: list[tuple[float, float]]) -> None:
    parts: tuple[tuple[float, float], ...] = ()
    for gone, stop in looks:
        parts = after(parts, gone, stop)
        assert sum(amount for amount, _ in parts) == pytest.approx(gone, rel=1e-6)
        assert {price for _, price in parts} <= {stop for _, stop in looks}
