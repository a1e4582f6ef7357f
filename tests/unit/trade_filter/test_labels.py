"""What a plan makes of a candidate, on price paths short enough to follow by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nija_plugins.trade_filter.labels import Outcomes, outcomes


def candles(*rows: tuple[float, float, float]) -> pd.DataFrame:
    """Candles of (open, low, close)."""
    return pd.DataFrame(rows, columns=["open", "low", "close"], dtype=float)


def outcome(
    frame: pd.DataFrame, stop: float = 0.10, trail: float = 0.20, fee: float = 0.0, longest: int = 4
) -> Outcomes:
    """Of the one signal on candle 0."""
    return outcomes(
        frame, np.array([0]), np.array([stop]), np.array([trail]), fee=fee, longest=longest
    )


SIGNAL = (90.0, 90.0, 95.0)


def test_entered_at_the_next_open_and_stopped_at_the_planned_stop() -> None:
    found = outcome(candles(SIGNAL, (100, 99, 101), (101, 89, 95)))
    assert (found.left[0], found.price[0], found.r[0]) == (2, 90.0, pytest.approx(-1.0))


def test_stopped_in_the_candle_of_the_entry() -> None:
    assert outcome(candles(SIGNAL, (100, 90, 101))).left[0] == 1


def test_a_candle_that_opens_below_the_stop_is_left_at_its_open() -> None:
    found = outcome(candles(SIGNAL, (100, 99, 101), (80, 79, 85)))
    assert (found.left[0], found.price[0], found.r[0]) == (2, 80.0, pytest.approx(-2.0))


def test_the_trail_follows_closes_that_have_ended_and_never_comes_down() -> None:
    """Highest close 150: the stop stands at 120, though the close after it was 130."""
    path = candles(SIGNAL, (100, 99, 150), (150, 125, 130), (130, 119, 125))
    found = outcome(path)
    assert (found.left[0], found.price[0], found.r[0]) == (3, 120.0, pytest.approx(2.0))


def test_a_candles_own_close_does_not_raise_the_stop_it_is_measured_by() -> None:
    path = candles(SIGNAL, (100, 99, 100), (100, 95, 200), (200, 190, 200))
    assert outcome(path).left[0] == -1


def test_time_is_up_at_the_open() -> None:
    path = candles(SIGNAL, *[(100, 99, 100)] * 4, (103, 99, 100))
    found = outcome(path)
    assert (found.left[0], found.price[0], found.r[0]) == (5, 103.0, pytest.approx(0.3))


def test_both_fees_count_in_what_is_won_and_in_what_is_risked() -> None:
    """1% a side: 100 cost 101, a stop at 90 returns 89.1: 11.9 at risk."""
    path = candles(SIGNAL, *[(100, 99, 100)] * 4, (110, 99, 100))
    assert outcome(path, fee=0.01).r[0] == pytest.approx((110 * 0.99 - 101) / 11.9)
    stopped = candles(SIGNAL, (100, 80, 90))
    assert outcome(stopped, fee=0.01).r[0] == pytest.approx(-1.0)


def test_what_has_not_ended_has_no_outcome() -> None:
    found = outcome(candles(SIGNAL, (100, 99, 101)))
    assert found.left[0] == -1
    assert np.isnan(found.r[0])
    assert np.isnan(outcome(candles(SIGNAL)).r[0])


@given(st.lists(st.floats(-0.08, 0.08), min_size=3, max_size=40), st.floats(0.02, 0.2))
def test_the_same_as_going_through_the_candles_one_by_one(steps: list[float], trail: float) -> None:
    close = 100 * np.cumprod(1 + np.array(steps))
    opened = np.concatenate([[100.0], close[:-1]])
    frame = pd.DataFrame({"open": opened, "low": np.minimum(opened, close) * 0.99, "close": close})
    longest = 12
    found = outcome(frame, stop=0.05, trail=trail, fee=0.004, longest=longest)
    left, price = _slowly(frame, 0.05, trail, longest)
    assert found.left[0] == left
    assert found.price[0] == pytest.approx(price, nan_ok=True)


def _slowly(frame: pd.DataFrame, stop: float, trail: float, longest: int) -> tuple[int, float]:
    paid, best = float(frame["open"][1]), 0.0
    for row in range(1, len(frame)):
        level = max(paid * (1 - stop), best * (1 - trail))
        opened, low = float(frame["open"][row]), float(frame["low"][row])
        if opened <= level or row - 1 == longest:
            return row, opened
        if low <= level:
            return row, level
        best = max(best, float(frame["close"][row]))
    return -1, float("nan")
