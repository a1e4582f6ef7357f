"""The way of the price between two looks."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nija_plugins.venue.market.path import Move, moves
from tests.unit.venue.markets import OPENING, DrawnMarket, candles

HOUR = timedelta(hours=1)
MARKET = DrawnMarket([(100, 110, 95, 105), (108, 112, 90, 92), (92, 92, 92, 92)])
hours = st.floats(0, 3).map(lambda hours: OPENING + hours * HOUR)


def test_an_hour_goes_over_low_and_high_to_the_close_and_jumps_to_the_next() -> None:
    walked = list(moves(MARKET, "SOL", OPENING, OPENING + 2 * HOUR))
    assert [(m.first, m.last) for m in walked] == [
        (100, 95),
        (95, 110),
        (110, 105),
        (105, 108),
        (108, 112),
        (112, 90),
        (90, 92),
    ]
    assert [m.jump for m in walked] == [False] * 3 + [True] + [False] * 3
    assert (walked[0].start, walked[-1].end) == (OPENING, OPENING + 2 * HOUR)


@settings(max_examples=40)
@given(hours, hours)
def test_it_ends_where_the_ticker_is(one, other) -> None:
    start, end = sorted((one, other))
    walked = list(moves(MARKET, "SOL", start, end))
    assert all(a.end == b.start for a, b in pairwise(walked))
    if end - start > timedelta(milliseconds=1):
        last = MARKET.last_price("SOL/USD", end)
        assert walked[-1].price(end) == pytest.approx(last, rel=1e-6)
        assert (walked[0].start, walked[-1].end) == (start, end)


def test_nothing_happens_without_time_or_candles() -> None:
    assert not list(moves(MARKET, "SOL", OPENING, OPENING))
    assert not list(moves(MARKET, "SOL", OPENING + 9 * HOUR, OPENING + 10 * HOUR))


class TestReaching:
    fall = Move(OPENING, OPENING + HOUR, 100.0, 90.0)

    @pytest.mark.parametrize(("level", "minutes"), [(95.0, 30), (90.0, 60), (100.0, 0), (101, 0)])
    def test_going_down(self, level: float, minutes: int) -> None:
        when = self.fall.reaches(level, up=False, since=OPENING)
        assert when == OPENING + timedelta(minutes=minutes)

    def test_not_at_all(self) -> None:
        assert self.fall.reaches(89.9, up=False, since=OPENING) is None
        assert self.fall.reaches(100.1, up=True, since=OPENING) is None

    def test_never_before_since(self) -> None:
        since = OPENING + timedelta(minutes=40)
        assert self.fall.reaches(95.0, up=False, since=since) == since

    def test_a_jump_is_over_at_once(self) -> None:
        jump = Move(OPENING, OPENING, 100.0, 90.0)
        assert jump.reaches(95.0, up=False, since=OPENING) == OPENING
        assert jump.price(OPENING) == 90.0


def test_straight_candles_are_straight() -> None:
    market = DrawnMarket(candles(100.0, 102.0))
    (rise,) = moves(market, "SOL", OPENING + HOUR, OPENING + 2 * HOUR)
    assert (rise.first, rise.last, rise.end - rise.start) == (100, 102, HOUR)
