"""Deposits and withdrawals: what no trade explains, once two readings agree."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nija_plugins.account import Benchmarks
from nija_plugins.live.cash_flows import CashView, CashWatch, effect_of, share_of
from tests.conftest import NOW

QUIET = CashView(
    total=100.0,
    effect=0.0,
    doubt=0.0,
    paying=0.0,
    bringing=0.0,
    costs=0.0,
    proceeds=0.0,
    refreshed=NOW,
)
WATCH = CashWatch(100.0)
LATER = NOW + timedelta(minutes=5)
MONEY = st.floats(1, 1e6)


def view(**changes) -> CashView:
    return replace(QUIET, **changes)


def test_the_first_look_settles_what_is_there() -> None:
    assert CashWatch().after(QUIET) == (WATCH, 0.0)


def test_what_trades_did_is_no_flow() -> None:
    """$18 and a fee went into a trade."""
    assert WATCH.after(view(total=81.93, effect=-18.07)) == (WATCH, 0.0)


@pytest.mark.parametrize("amount", [50.0, -30.0, 0.02])
def test_a_change_counts_when_a_second_reading_agrees(amount: float) -> None:
    waiting, settled = WATCH.after(view(total=100 + amount))
    assert settled == 0.0
    assert waiting.pending == pytest.approx(amount)
    assert waiting.external == 100.0, "not yet"
    after, settled = waiting.after(view(total=100 + amount, refreshed=LATER))
    assert settled == pytest.approx(amount)
    assert after == CashWatch(100 + amount)


def test_the_same_reading_twice_is_one_reading() -> None:
    waiting, _ = WATCH.after(view(total=150.0))
    assert waiting.after(view(total=150.0)) == (waiting, 0.0)


def test_a_balance_that_lagged_behind_was_no_flow() -> None:
    waiting, _ = WATCH.after(view(total=118.0, effect=-18.0 + 18.0))
    assert waiting.pending == 18.0
    assert waiting.after(view(refreshed=LATER)) == (WATCH, 0.0)


def test_a_change_that_changes_waits_again() -> None:
    waiting, _ = WATCH.after(view(total=150.0))
    waiting, settled = waiting.after(view(total=170.0, refreshed=LATER))
    assert settled == 0.0
    assert waiting == CashWatch(100.0, 70.0, LATER)


def test_doubt_about_fees_is_profit_or_loss() -> None:
    watch, settled = WATCH.after(view(total=99.7, doubt=0.36))
    assert settled == watch.pending == 0.0
    assert watch.external == 99.7, "and no longer in doubt"
    assert WATCH.after(view(total=99.6, doubt=0.36))[0].pending == pytest.approx(-0.4)


def test_less_than_a_cent_is_nothing() -> None:
    assert WATCH.after(view(total=100.009))[0].pending == 0.0


def test_an_open_order_may_have_filled_already() -> None:
    """What it may have done changes nothing of what is external."""
    for busy in (view(total=82.0, paying=18.4), view(total=118.0, bringing=18.4)):
        assert WATCH.after(busy) == (WATCH, 0.0)


def test_what_is_beyond_an_open_order_is_a_flow() -> None:
    assert WATCH.after(view(total=80.0, paying=18.4))[0].pending == pytest.approx(-1.6)
    assert WATCH.after(view(total=120.0, bringing=18.4))[0].pending == pytest.approx(1.6)
    assert WATCH.after(view(total=120.0, paying=18.4))[0].pending == pytest.approx(20.0)


def test_a_lost_order_beside_one_that_filled_unheard_raises_no_peak() -> None:
    """Two entries of $13 left an account of $100: one is a trade whose fill the database has not
    heard of, and whose coins are counted; one no trade explains. Only that one was withdrawn."""
    watch, marks = WATCH, Benchmarks.begin(NOW, 100.0)
    equity = 74.0 + 13.0
    for minute, seen in enumerate(
        (
            view(total=74.0, paying=13.26),
            view(total=74.0, paying=13.26),
            view(total=74.0, effect=-13.0, doubt=0.26),  # heard
            view(total=74.0, effect=-13.0, doubt=0.26),
        )
    ):
        watch, flow = watch.after(replace(seen, refreshed=NOW + timedelta(minutes=minute)))
        if flow:
            marks = marks.scaled(share_of(flow, equity) or 1.0)
        marks = marks.observe(NOW, equity) if not watch.pending else marks
    assert marks.peak == pytest.approx(87.0, abs=0.3)
    assert watch == CashWatch(87.0)


@given(MONEY, MONEY, st.booleans())
def test_a_flow_while_orders_rest_counts_once(amount: float, order: float, deposit: bool) -> None:
    """Whatever moves while an order fills unheard, once it is heard of the flows add up to it."""
    moved = amount if deposit else -amount
    watch, settled = CashWatch(2e6), 0.0
    for minute, heard in enumerate((False, False, True, True, True)):
        seen = view(
            total=2e6 - order + moved,
            effect=-order if heard else 0.0,
            paying=0.0 if heard else order,
            refreshed=NOW + timedelta(minutes=minute),
        )
        watch, flow = watch.after(seen)
        settled += flow
    assert settled == pytest.approx(moved, abs=0.05)
    assert watch.external == pytest.approx(2e6 + moved, abs=0.05)


SOLD = view(total=86.0, effect=-14.0, bringing=14.5, proceeds=13.0)
"""The coins that cost $14 have left, what they bring is not there."""


@pytest.mark.parametrize(
    ("came", "receivable"), [(0.0, 13.0), (13.2, 0.0), (14.4, 0.0), (5.0, 8.0)]
)
def test_what_sold_coins_have_not_brought_is_receivable(came: float, receivable: float) -> None:
    """Whether it is on its way or has gone again into an order that nobody knows of."""
    after, settled = WATCH.after(replace(SOLD, total=86.0 + came))
    assert after == CashWatch(100.0, receivable=pytest.approx(receivable))
    assert settled == 0.0


@pytest.mark.parametrize("unheard", [{"proceeds": 13.0, "bringing": 14.5}, {"paying": 14.0}])
def test_while_an_order_is_unheard_nothing_is_taken_for_the_owners(unheard: dict) -> None:
    """The memory is lost: what the sale brought would count as brought by the owner."""
    assert CashWatch().after(view(**unheard)) == (CashWatch(), 0.0)


def test_an_entry_that_filled_unheard_took_none_of_it() -> None:
    """It paid $13 of the $14: its coins are counted, and nothing is missing."""
    both = replace(SOLD, total=86.0 + 14.0 - 13.0, paying=13.2)
    assert WATCH.after(both) == (WATCH, 0.0)
    assert WATCH.after(replace(both, total=73.0))[0].receivable == pytest.approx(12.8)


@pytest.mark.parametrize(("paid", "payable"), [(0.0, 13.0), (13.1, 0.0), (5.0, 8.0)])
def test_what_coins_that_have_come_did_not_cost_is_payable(paid: float, payable: float) -> None:
    """The debit is on its way, or a person has deposited the coins: they are no profit."""
    after, settled = WATCH.after(view(total=100 - paid, paying=13.3, costs=13.0))
    assert after == CashWatch(100.0, payable=pytest.approx(payable))
    assert settled == 0.0


def test_a_withdrawal_meanwhile_is_none_of_it() -> None:
    """Beyond what the sale explains; settled, and still the sale's money is to come."""
    waiting, _ = WATCH.after(replace(SOLD, total=56.0))
    assert (waiting.pending, waiting.receivable) == pytest.approx((-30.0, 13.0))
    again, _ = waiting.after(replace(SOLD, total=56.0))
    assert again == waiting, "the same reading"
    after, settled = waiting.after(replace(SOLD, total=56.0, refreshed=LATER))
    assert settled == pytest.approx(-30.0)
    assert after == CashWatch(70.0, receivable=pytest.approx(13.0))


@given(st.floats(10, 100), st.floats(0, 0.3), st.floats(-0.3, 0.3), st.floats(0, 100))
def test_a_lost_order_beside_a_sale_that_is_unheard_is_never_a_loss(
    stake: float, stop: float, profit: float, lost: float
) -> None:
    """Of $200: whatever a lost order took of what a sale brought, the account reads no less than
    if the stop had been hit, less what counts as withdrawn."""
    brought = stake * (1 + max(profit, -stop))
    seen = view(
        total=200 - stake + brought - lost,
        effect=-stake,
        bringing=stake * 1.3,
        proceeds=stake * (1 - stop),
    )
    watch, _ = CashWatch(200.0).after(seen)
    assert seen.total - watch.pending + watch.receivable >= 200 - stake * stop - 0.02


def test_binary_noise_is_no_movement() -> None:
    assert view(total=0.1 + 0.2, effect=0.3).external == 0.0


def test_the_effect_of_trades() -> None:
    """Half of a $20 position was sold for a profit of $1."""
    half = SimpleNamespace(
        realized_profit=1.0, amount=0.1, open_rate=100.0, fee_open=0.01, leverage=1.0
    )
    assert effect_of([], 5.0) == 5.0
    assert effect_of([half], 5.0) == pytest.approx(5.0 + 1.0 - 10.1)


@given(before=MONEY, after=MONEY, peak=st.floats(1, 3))
def test_a_flow_changes_no_drawdown(before: float, after: float, peak: float) -> None:
    share = share_of(after - before, after)
    assert share is not None
    marks = Benchmarks(NOW.date(), before, before * peak).scaled(share)
    assert after / marks.peak == pytest.approx(1 / peak, rel=1e-6)
    assert after / marks.day_open == pytest.approx(1, rel=1e-6)


def test_withdrawing_a_fifth_of_a_falling_account() -> None:
    """The same dollars off the peak would make 10% into 12.2%."""
    share = share_of(-180.0, 720.0)
    assert share == pytest.approx(0.8)
    assert Benchmarks(NOW.date(), 900, 1000).scaled(0.8) == Benchmarks(NOW.date(), 720, 800)


def test_money_for_an_account_that_had_none() -> None:
    assert share_of(100.0, 100.0) is None
