"""The calendar is the same for everybody, and nothing learned from could still be open."""

from datetime import timedelta
from itertools import pairwise

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from nija_plugins.trade_filter.windows import EMBARGO, window_of, windows_between

MONTH = timedelta(days=30)
MOMENTS = st.integers(1_500_000_000, 1_900_000_000).map(
    lambda second: pd.Timestamp(second, unit="s", tz="UTC")
)


@given(MOMENTS)
def test_a_moment_lies_in_its_quarter(moment: pd.Timestamp) -> None:
    window = window_of(moment, MONTH)
    assert window.opens <= moment < window.closes
    assert window.opens.month in (1, 4, 7, 10)
    assert window_of(window.opens, MONTH) == window
    assert window_of(window.closes - pd.Timedelta(seconds=1), MONTH) == window


@given(MOMENTS)
def test_the_last_label_ends_an_embargo_before_the_quarter(moment: pd.Timestamp) -> None:
    window = window_of(moment, MONTH)
    assert window.last + MONTH + EMBARGO == window.opens
    assert window.first < window.last


def test_quarters_follow_each_other() -> None:
    first, last = pd.Timestamp("2023-02-11", tz="UTC"), pd.Timestamp("2024-01-01", tz="UTC")
    windows = windows_between(first, last, MONTH)
    assert [window.name for window in windows] == [
        *("2023 Q1", "2023 Q2", "2023 Q3", "2023 Q4", "2024 Q1")
    ]
    for one, next_one in pairwise(windows):
        assert one.closes == next_one.opens
