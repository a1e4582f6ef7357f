"""Windows × sets × start dates."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nija_plugins.sweep.cases import Case, ParameterSet, Window, cases, windows

FIRST = date(2023, 1, 1)
ONE = Window(FIRST, FIRST + timedelta(days=90))


def a_case(**changes: object) -> Case:
    facts = {
        "window": ONE,
        "begin": FIRST,
        "parameters": ParameterSet("", (("risk_per_trade", 2),), (("sell.trails", 1.2),)),
        "exchange": "kraken",
        "wallet": 100.0,
        "basis": "b",
    }
    return Case(**{**facts, **changes})  # type: ignore[arg-type]


def test_windows_follow_each_other_and_only_whole_ones_count() -> None:
    found = list(windows(FIRST, date(2023, 7, 10), 60, None))
    assert [str(one) for one in found] == [
        "2023-01-01 to 2023-03-02",
        "2023-03-02 to 2023-05-01",
        "2023-05-01 to 2023-06-30",
    ]


def test_with_a_step_they_overlap_and_without_a_length_there_is_one() -> None:
    found = list(windows(FIRST, date(2023, 7, 10), 90, 30))
    assert [one.begin for one in found] == [FIRST + timedelta(days=30 * n) for n in range(4)]
    assert list(windows(FIRST, date(2023, 7, 10), None, None)) == [Window(FIRST, date(2023, 7, 10))]


def test_a_window_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="No window of 90 days fits into 2023-01-01 to 2023-02-01"):
        list(windows(FIRST, date(2023, 2, 1), 90, 30))
    with pytest.raises(ValueError, match="longer --timerange"):
        list(windows(FIRST, FIRST, None, None))


@given(days=st.integers(1, 400), length=st.integers(1, 400), step=st.none() | st.integers(1, 100))
def test_every_window_is_whole_and_the_next_would_not_fit(
    days: int, length: int, step: int | None
) -> None:
    last = FIRST + timedelta(days=days)
    if length > days:
        with pytest.raises(ValueError):
            list(windows(FIRST, last, length, step))
        return
    found = list(windows(FIRST, last, length, step))
    assert all((one.end - one.begin).days == length and one.end <= last for one in found)
    assert found[-1].end + timedelta(days=step or length) > last
    assert len(set(found)) == len(found)


@given(
    sets=st.lists(st.integers(0, 5), min_size=1, max_size=4, unique=True),
    starts=st.lists(st.integers(0, 29), min_size=1, max_size=4, unique=True),
    step=st.integers(1, 40),
)
def test_every_combination_is_there_and_none_twice(
    sets: list[int], starts: list[int], step: int
) -> None:
    some = list(windows(FIRST, FIRST + timedelta(days=120), 30, step))
    chosen = [ParameterSet(str(n), (("max_positions", n),)) for n in sets]
    found = cases(some, chosen, starts, "kraken", 100, "b")
    assert len(found) == len(some) * len(sets) * len(starts)
    assert len({case.key for case in found}) == len(found)
    assert {(c.window, c.begin, c.parameters.name) for c in found} == {
        (window, window.begin + timedelta(days=start), name.name)
        for window in some
        for name in chosen
        for start in starts
    }


def test_an_account_begins_later_in_the_same_window() -> None:
    (case,) = cases([ONE], [ParameterSet("x")], [14], "kraken", 100, "b")
    assert case.timerange == "20230115-20230401"
    assert case.days == 76
    with pytest.raises(ValueError, match="--starts 90 leaves nothing of a window of 90 days"):
        cases([ONE], [ParameterSet("x")], [0, 90], "kraken", 100, "b")


def test_two_names_for_the_same_backtests_are_refused() -> None:
    twins = [ParameterSet("a", (("max_positions", 2),)), ParameterSet("b", (("max_positions", 2),))]
    with pytest.raises(ValueError, match='"a" and "b" are the same backtests'):
        cases([ONE], twins, [0], "kraken", 100, "x")


@pytest.mark.parametrize(
    "changes",
    [
        {"window": Window(FIRST, FIRST + timedelta(days=91))},
        {"begin": FIRST + timedelta(days=1)},
        {"parameters": ParameterSet("", (("risk_per_trade", 3),), (("sell.trails", 1.2),))},
        {"parameters": ParameterSet("", (("risk_per_trade", 2),), (("sell.trails", 1.3),))},
        {"exchange": "coinbase"},
        {"wallet": 101.0},
        {"basis": "c"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_whatever_decides_a_result_is_in_the_key(changes: dict[str, object]) -> None:
    assert a_case(**changes).key != a_case().key


def test_what_decides_nothing_is_not_in_the_key() -> None:
    same = a_case().parameters
    renamed = a_case(parameters=ParameterSet("another name", same.nija, same.strategy))
    assert renamed.key == a_case(wallet=100).key == a_case().key
    assert len(a_case().key) == 32
