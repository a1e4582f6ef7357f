"""What a sweep says."""

import pytest

from nija_plugins.sweep.summary import by_set, by_start, folds, grid
from tests.unit.sweep.rows import a_case, a_row

RETURNS = {
    ("a", 0): 0.10, ("a", 1): -0.02, ("a", 2): 0.03,
    ("b", 0): 0.01, ("b", 1): 0.05, ("b", 2): -0.04,
    ("c", 0): 0.02, ("c", 1): 0.00, ("c", 2): 0.06,
}  # fmt: skip
ROWS = [a_row(a_case(name, window), value) for (name, window), value in RETURNS.items()]


def test_the_best_of_a_window_is_judged_by_the_next_one() -> None:
    first, second = folds(ROWS)
    assert (first.name, first.then, first.afterwards, first.all_sets) == ("a", 0.10, -0.02, 0.0)
    assert (second.name, second.then, second.afterwards, second.all_sets) == (
        "b",
        0.05,
        -0.04,
        0.03,
    )
    assert (first.chosen_in, first.tried_in) == (
        "2023-01-01 to 2023-01-31",
        "2023-01-31 to 2023-03-02",
    )


def test_overlapping_windows_are_never_the_next_one() -> None:
    rows = [{**row, "window_end": "2023-02-15"} for row in ROWS[:1]] + ROWS[1:2]
    rows += [{**row, "window_end": "2023-02-15"} for row in ROWS[3:4]] + ROWS[4:5]
    assert folds(rows) == []


def test_one_set_leaves_nothing_to_choose() -> None:
    assert folds(ROWS[:3]) == []


def test_what_a_cell_and_a_set_come_to() -> None:
    rows = [
        a_row(a_case("a", 0, 0), 0.10, drawdown=0.02),
        a_row(a_case("a", 0, 5), -0.04, drawdown=0.12, halted=True),
        a_row(a_case("a", 0, 9), 0.01, drawdown=0.03),
    ]
    cell = grid(rows)["a"]["2023-01-01 to 2023-01-31"]
    assert (cell.middle, cell.worst, cell.best, cell.drawdown) == (0.01, -0.04, 0.10, 0.12)
    assert cell.trades == 12 and cell.halted
    (one,) = by_set(rows)
    assert one.profitable == pytest.approx(2 / 3)
    assert [(start, some.middle) for start, some in by_start(rows)] == [
        (0, 0.10),
        (5, -0.04),
        (9, 0.01),
    ]


def test_sets_are_ranked_by_the_middle() -> None:
    assert [(one.name, one.middle) for one in by_set(ROWS)] == [
        ("a", 0.03),
        ("c", 0.02),
        ("b", 0.01),
    ]
