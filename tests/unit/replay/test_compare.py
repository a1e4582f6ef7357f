"""The comparison of a replay with its backtest: verdicts, and dollars that add up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nija_plugins.replay.compare import (
    Cause,
    Verdict,
    compare,
    dollars_by_cause,
    entries_shared,
)
from nija_plugins.replay.deals import Deal

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def deal(
    pair: str = "BTC/USD",
    opened: datetime = NOON,
    closed: datetime | None = NOON + DAY,
    bought: float = 100.0,
    sold: float = 110.0,
    amount: float = 2.0,
    fee: float = 0.004,
    reason: str = "nija_time_stop",
) -> Deal:
    """A trade whose profit is what its rates and fees make."""
    begun = Deal(pair, opened, amount, bought, fee)
    if closed is None:
        return begun
    profit = amount * (sold * (1 - fee) - bought * (1 + fee))
    return replace(
        begun, closed=closed, close_rate=sold, fee_close=fee, profit=profit, reason=reason
    )


def test_the_same_trade_matches_whatever_the_minute() -> None:
    later = replace(deal(), opened=NOON + timedelta(minutes=7))
    (one,) = compare([deal()], [later])
    assert one.verdict is Verdict.MATCHED
    assert dollars_by_cause([one]) == {}
    assert entries_shared([one]) == 1.0


def test_open_on_both_sides_matches() -> None:
    (one,) = compare([deal(closed=None)], [deal(closed=None)])
    assert one.verdict is Verdict.MATCHED


def test_left_in_one_of_them_only() -> None:
    (one,) = compare([deal(closed=None)], [deal()])
    assert one.verdict is Verdict.MOVED
    assert one.dollars == {Cause.EXITS: pytest.approx(deal().profit)}


@pytest.mark.parametrize(
    ("replayed", "cause", "dollars"),
    [
        (deal(bought=101.0), Cause.SPREAD, -2 * 1.004),
        (deal(sold=109.0), Cause.SPREAD, -2 * 0.996),
        (deal(fee=0.005), Cause.FEES, -2 * 0.001 * 210),
        (deal(sold=109.0, reason="stop_loss"), Cause.EXITS, -2 * 0.996),
    ],
)
def test_what_moved_has_its_cause(replayed: Deal, cause: Cause, dollars: float) -> None:
    (one,) = compare([deal()], [replayed])
    assert one.dollars[cause] == pytest.approx(dollars)
    others = [amount for name, amount in one.dollars.items() if name is not cause]
    assert others == pytest.approx([0.0] * len(others), abs=0.01)


def test_a_stop_that_was_seen_late() -> None:
    stopped = deal(sold=95.0, reason="stop_loss")
    (one,) = compare([stopped], [replace(stopped, close_rate=94.5, profit=stopped.profit - 0.996)])
    assert one.dollars[Cause.STOPS] == pytest.approx(-0.996)


def test_a_stop_is_a_stop_whoever_held_it() -> None:
    here = deal(reason="trailing_stop_loss")
    (one,) = compare([here], [replace(here, reason="stoploss_on_exchange")])
    assert one.verdict is Verdict.MATCHED


def test_trades_of_one_side_only() -> None:
    here, there, waited = deal(), deal(pair="ETH/USD"), deal(pair="SOL/USD")
    missing, timeout, extra = compare([here, waited], [there], rested=[waited.signal])
    assert (missing.verdict, extra.verdict, timeout.verdict) == (
        Verdict.MISSING,
        Verdict.EXTRA,
        Verdict.MISSING,
    )
    assert missing.dollars == {Cause.ENTRIES: -here.profit}
    assert extra.dollars == {Cause.ENTRIES: there.profit}
    assert timeout.dollars == {Cause.TIMEOUT: -waited.profit}
    assert entries_shared([missing, extra, timeout]) == 0


deals = st.builds(
    deal,
    pair=st.sampled_from(["BTC/USD", "ETH/USD"]),
    opened=st.sampled_from([NOON, NOON + DAY]),
    closed=st.sampled_from([None, NOON + 2 * DAY, NOON + 3 * DAY]),
    bought=st.floats(1, 1e5),
    sold=st.floats(1, 1e5),
    amount=st.floats(1e-6, 10),
    fee=st.floats(0, 0.02),
    reason=st.sampled_from(["nija_time_stop", "stop_loss", "trailing_stop_loss"]),
)
sides = st.lists(deals, max_size=4, unique_by=lambda one: one.signal)


@given(backtest=sides, replayed=sides)
def test_every_trade_once_and_every_dollar_explained(
    backtest: list[Deal], replayed: list[Deal]
) -> None:
    found = compare(backtest, replayed)
    assert sorted(str(one.backtest) for one in found if one.backtest) == sorted(map(str, backtest))
    assert sorted(str(one.replay) for one in found if one.replay) == sorted(map(str, replayed))
    explained = sum(sum(one.dollars.values()) for one in found)
    difference = sum(one.profit for one in replayed) - sum(one.profit for one in backtest)
    assert explained == pytest.approx(difference, rel=1e-9, abs=1e-3)
