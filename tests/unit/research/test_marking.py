"""The independent marking, by hand on tiny examples; a fee of 1% makes the sums easy."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from nija_plugins import locks
from nija_plugins.research.limits.marking import Prices, Trade, mark, restarts_of, trades_of

DAY = 24 * 100
"""Hours since 1970 of some midnight."""


def prices(opens: list[float], lows: list[float], closes: list[float], first: int = DAY) -> Prices:
    return Prices(first, *(np.array(column) for column in (opens, lows, closes)))


def a_trade(opened: int, closed: int, exit_: float, stop: float = 90.0) -> Trade:
    return Trade("BTC/USD", DAY + opened, DAY + closed, 1.0, 100.0, exit_, 0.01, stop)


def test_equity_at_last_closes_and_at_lows() -> None:
    """Bought at 100 in hour 1 (cash 899), its low there 95; sold at the stop of 90 in hour 3."""
    known = prices([100, 100, 104, 99, 91], [99, 95, 97, 88, 80], [100, 104, 99, 91, 85])
    marked = mark([a_trade(1, 3, 90.0)], {"BTC/USD": known}, 1000, DAY, DAY + 4)
    assert marked.start.tolist() == pytest.approx(
        [1000, 1000, 899 + 104 * 0.99, 899 + 99 * 0.99, 899 + 90 * 0.99]
    )
    assert marked.low.tolist() == pytest.approx(
        [1000, 899 + 95 * 0.99, 899 + 97 * 0.99, 899 + 90 * 0.99, 899 + 90 * 0.99]
    )
    assert not marked.gaps
    (day,) = marked.days(0.06)
    assert day.fall == pytest.approx(1 - (899 + 90 * 0.99) / 1000)
    assert day.missing == 0


def test_stopped_in_the_candle_of_the_entry() -> None:
    known = prices([100, 100, 80], [99, 80, 80], [100, 85, 80])
    marked = mark([a_trade(1, 1, 90.0)], {"BTC/USD": known}, 1000, DAY, DAY + 2)
    assert marked.start.tolist() == pytest.approx([1000, 1000, 899 + 89.1])
    assert marked.low.tolist() == pytest.approx([1000, 899 + 89.1, 899 + 89.1])
    assert not marked.gaps


def test_a_gap_is_named_with_what_it_cost_beyond_the_stop() -> None:
    known = prices([100, 100, 70], [99, 98, 65], [100, 100, 72])
    marked = mark([a_trade(1, 2, 70.0)], {"BTC/USD": known}, 200, DAY, DAY + 2)
    (gap,) = marked.gaps
    assert (gap.hour, gap.stop, gap.open) == (DAY + 2, 90.0, 70.0)
    assert gap.beyond == pytest.approx(20 * 0.99)
    (day,) = marked.days(0.06)
    assert day.fall == pytest.approx(1 - (99 + 70 * 0.99) / 200)
    assert day.missing == pytest.approx(200 * 0.94 - (99 + 69.3), abs=0.001)
    assert day.explained and day.gaps == (gap,)


def test_a_loss_that_no_gap_explains_is_not_excused() -> None:
    """Sold at its stop, but the stop lay too deep."""
    known = prices([100, 100, 100], [99, 98, 65], [100, 100, 72])
    trade = a_trade(1, 2, 70.0, stop=70.0)
    marked = mark([trade], {"BTC/USD": known}, 200, DAY, DAY + 2)
    (day,) = marked.days(0.06)
    assert day.missing > 0 and not day.gaps and not day.explained


def test_a_stop_above_the_last_close_promises_the_last_close() -> None:
    known = prices([100, 100, 84], [99, 85, 80], [100, 85, 82])
    marked = mark([a_trade(1, 2, 84.0)], {"BTC/USD": known}, 1000, DAY, DAY + 2)
    assert marked.gaps[0].beyond == pytest.approx(1 * 0.99)


def test_a_gap_that_left_the_limit_whole_excuses_nothing_later() -> None:
    """A gap costs 5 in hour 2 and leaves 195 of 200; later 20 are lost without one."""
    flat = prices([100, 100, 85, 100, 80], [100, 100, 80, 100, 75], [100, 100, 85, 100, 80])
    gapped = a_trade(1, 2, 85.0, stop=90.0)
    deep = a_trade(3, 4, 80.0, stop=80.0)
    marked = mark([gapped, deep], {"BTC/USD": flat}, 400, DAY, DAY + 4)
    (day,) = marked.days(0.06)
    assert len(marked.gaps) == 1 and day.missing > 0
    assert not day.gaps and not day.explained


def test_each_day_has_its_own_opening() -> None:
    size = 30
    closes = np.linspace(100, 71, size)
    known = Prices(DAY, closes + 1, closes, closes)
    marked = mark([a_trade(0, 29, 72.0, 0.0)], {"BTC/USD": known}, 1000, DAY, DAY + 29)
    first, second = marked.days(0.5)
    assert first.hour == DAY + 23 and second.since == DAY + 24
    assert second.fall == pytest.approx(1 - marked.low[28] / marked.start[24])


def test_a_fall_is_measured_from_the_peak_and_a_restart_begins_anew() -> None:
    closes = [100.0, 120, 110, 105, 108, 90]
    known = prices(closes, closes, closes)
    trade = a_trade(0, 5, 90.0, 0.0)
    marked = mark([trade], {"BTC/USD": known}, 200, DAY, DAY + 5)
    (fall,) = marked.falls(0.12)
    assert (fall.since, fall.hour) == (DAY + 2, DAY + 5)
    before, after = marked.falls(0.12, [DAY + 4])
    assert (before.since, before.hour) == (DAY + 2, DAY + 3)
    assert (after.since, after.hour) == (DAY + 5, DAY + 5)


def test_holes_are_filled_with_the_last_close() -> None:
    dates = pd.to_datetime(["2024-01-01 00:00", "2024-01-01 02:00"], utc=True)
    frame = pd.DataFrame({"date": dates, "open": [1.0, 3], "low": [0.5, 2], "close": [2.0, 4]})
    known = Prices.of(frame)
    assert (known.opens.tolist(), known.lows.tolist()) == ([1, 2, 3], [0.5, 2, 2])


def test_trades_and_restarts_are_read_from_the_result() -> None:
    moment = datetime(1970, 1, 2, 3, tzinfo=UTC)
    row = {
        "pair": "BTC/USD",
        "open_date": moment,
        "close_date": moment,
        "amount": 2.0,
        "open_rate": 10.0,
        "close_rate": 9.0,
        "fee_open": 0.004,
        "fee_close": 0.004,
        "stop_loss_abs": 8.0,
    }
    (trade,) = trades_of(pd.DataFrame([row]))
    assert (trade.opened, trade.closed, trade.exit) == (27, 27, 9.0)
    ended = [(locks.DRAWDOWN, moment, moment), (locks.STREAK, moment, moment)]
    for_good = [(locks.DRAWDOWN, moment, moment.replace(year=2126))]
    assert restarts_of([*ended, *for_good], locks.DRAWDOWN) == [27]
