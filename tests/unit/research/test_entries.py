"""The outcome of an entry, hour by hour, on paths whose end is known."""

import numpy as np
import pandas as pd
import pytest

from nija_plugins.research.study.entries import Look, WayOut, one_at_a_time, outcomes
from nija_plugins.view import Plan
from tests.unit.signals.conftest import make_candles

FEE = 0.004
HOURS = 1_000


def entered_at_100(*path: float, trail: float = 0.2, way_out: WayOut | None = None) -> pd.Series:
    """The first entry on a market at 100 whose closes then follow `path`; stop 10%, target 30%."""
    closes = np.full(HOURS, 100.0)
    closes[4 : 4 + len(path)] = path
    closes[4 + len(path) :] = path[-1] if path else 100.0
    frame = make_candles(closes, wick=0.0)

    def constant(value: float) -> pd.Series:
        return pd.Series(value, index=frame.index)

    plan = Plan(stop=constant(0.1), target=constant(0.3), trail=constant(trail))
    found = Look("BTC/USD", frame, constant(0.0), [], plan)
    return outcomes(found, FEE, way_out or WayOut()).iloc[0]


def profit(price: float) -> float:
    return price / 100 * (1 - FEE) - (1 + FEE)


def test_a_stop_loses_one_r_fees_included() -> None:
    found = entered_at_100(95, 89)
    assert found["profit"] == pytest.approx(profit(90))
    assert found["r"] == pytest.approx(-1.0)
    assert found["hours"] == 1


def test_a_trail_follows_closes_and_time_ends_what_lasts() -> None:
    assert entered_at_100(130, 120, 100)["profit"] == pytest.approx(profit(104))
    lasting = entered_at_100(105)
    assert lasting["hours"] == 720
    assert lasting["profit"] == pytest.approx(profit(105))


def test_reward_over_risk_is_the_rule_s() -> None:
    gain, loss = 1.3 * (1 - FEE) - (1 + FEE), (1 + FEE) - 0.9 * (1 - FEE)
    assert entered_at_100(100)["gain_over_loss"] == pytest.approx(gain / loss)


def test_break_even_covers_entry_and_fees() -> None:
    safe = WayOut(break_even=1.0)
    assert entered_at_100(111, 95, way_out=safe)["profit"] == pytest.approx(0.0, abs=1e-12)
    assert entered_at_100(109, 95, 89, way_out=safe)["r"] == pytest.approx(-1.0)


def test_half_is_sold_at_its_limit_and_the_rest_goes_on() -> None:
    half = WayOut(half_at=1.0)
    found = entered_at_100(112, 95, 89, way_out=half)
    assert found["profit"] == pytest.approx((profit(110) + profit(90)) / 2)


def test_one_at_a_time_waits_for_the_last_one() -> None:
    rows = pd.DataFrame(
        {
            "date": pd.date_range("2024-01-01", periods=4, freq="4h", tz="UTC"),
            "hours": [5, 1, 1, 1],
        }
    )
    assert list(one_at_a_time(rows).index) == [0, 2, 3]
