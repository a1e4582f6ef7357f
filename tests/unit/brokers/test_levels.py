"""Opening and peak of a portfolio, as money comes, goes and joins."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nija_plugins.account import Benchmarks
from nija_plugins.brokers.levels import moved, own_share, uncounted
from nija_plugins.brokers.portfolio import Member
from tests.conftest import NOW

MARKS = Benchmarks(NOW.date(), 520.0, 600.0)
TOLD = Member("kraken live", "kraken", NOW, 250.0, 250.0, 250.0, external=240.0)
QUIET = {"begins": False, "flow": 0.0, "pending": 0.0, "external": 240.0}

dollars = st.floats(10, 5_000)


@given(others=dollars, joins=dollars)
def test_who_joins_makes_neither_a_profit_nor_a_loss(others: float, joins: float) -> None:
    total = others + joins
    flow = uncounted(None, joins, **QUIET)
    marks = Benchmarks(NOW.date(), others * 1.02, others * 1.10)
    found = moved(marks, flow, (), NOW, total)
    assert found.peak / total == pytest.approx(1.10)
    assert found.day_open / total == pytest.approx(1.02)


@given(own=dollars, others=dollars)
def test_who_is_left_alone_keeps_the_drawdown(own: float, others: float) -> None:
    """The ledger is lost, or the others were forgotten: what it remembers is its own share."""
    total = own + others
    mine = own_share(Benchmarks(NOW.date(), total, total * 1.10), own, total)
    alone = moved(mine, 0.0, (), NOW, own)
    assert alone.peak / own == pytest.approx(1.10)
    back = moved(alone, uncounted(None, others, **QUIET), (), NOW, total)
    assert back.peak == pytest.approx(total * 1.10), "and so does the portfolio, made anew"


def test_alone_nothing_is_scaled() -> None:
    assert own_share(MARKS, 550.0, 550.0) is MARKS


def test_profit_and_loss_move_no_opening() -> None:
    assert uncounted(TOLD, 230.0, **QUIET) == 0
    assert moved(MARKS, 0.0, (), NOW, 530.0) == MARKS
    assert moved(MARKS, 0.0, [(NOW, 650.0)], NOW, 530.0).peak == 650
    tomorrow = NOW + timedelta(days=1)
    assert moved(MARKS, 0.0, (), tomorrow, 530.0).day_open == 530


def test_what_was_before_the_day_that_another_has_opened_opens_none() -> None:
    """A bot comes back and looks at what it missed, since yesterday; the other one lost today."""
    evening = NOW.replace(hour=0) - timedelta(hours=2)
    missed = [(evening + timedelta(hours=hour), 500.0 + 60 * (hour == 1)) for hour in range(5)]
    assert moved(MARKS, 0.0, missed, NOW, 500.0) == MARKS
    missed[1] = (missed[1][0], 700.0)
    assert moved(MARKS, 0.0, missed, NOW, 500.0) == replace(MARKS, peak=700.0)


def test_a_deposit_counts_once_even_when_it_was_told_before_a_kill() -> None:
    arrived = QUIET | {"flow": 50.0, "external": 290.0}
    assert uncounted(TOLD, 300.0, **arrived) == 50
    assert uncounted(replace(TOLD, external=290.0), 300.0, **arrived) == 0
    waiting = QUIET | {"flow": 50.0, "pending": 50.0}
    assert uncounted(TOLD, 300.0, **waiting) == 50, "the account counts it, the ledger not yet"


def test_who_begins_anew_with_other_money_made_no_loss() -> None:
    assert uncounted(TOLD, 100.0, **(QUIET | {"begins": True})) == -150
