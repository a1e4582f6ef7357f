"""The hyperopt loss: growth counts, broken promises cost more."""

import importlib.util
from math import log

import pandas as pd
import pytest

from tests.conftest import ROOT

FILE = ROOT / "user_data/hyperopts/NijaGrowthLoss.py"


def loss(*profits: tuple[str, float]) -> float:
    spec = importlib.util.spec_from_file_location("NijaGrowthLoss", FILE)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    results = pd.DataFrame(
        {
            "close_date": pd.to_datetime([day for day, _ in profits], utc=True, format="ISO8601"),
            "profit_abs": [profit for _, profit in profits],
        }
    )
    return module.NijaGrowthLoss.hyperopt_loss_function(results=results, starting_balance=100.0)


def test_growth_is_rewarded() -> None:
    assert loss(("2024-01-01", 10.0)) == pytest.approx(-log(1.1))


def test_a_day_beyond_six_percent_costs_ten_times_the_excess() -> None:
    """$8 lost of $110 is 7.27% of the day's opening, spread over two trades of one day."""
    same_day = loss(("2024-01-01", 10.0), ("2024-01-02 08:00", -4.0), ("2024-01-02 20:00", -4.0))
    assert same_day == pytest.approx(-log(1.02) + 10 * (8 / 110 - 0.06))
    apart = loss(("2024-01-01", 10.0), ("2024-01-02", -4.0), ("2024-01-03", -4.0))
    assert apart == pytest.approx(-log(1.02))


def test_drawdown_beyond_twelve_percent_costs_too() -> None:
    days = [(f"2024-01-{day:02}", -5.0) for day in (1, 2, 3)]
    assert loss(*days) == pytest.approx(-log(0.85) + 10 * 0.03)


def test_losing_everything_is_worst_and_doing_nothing_is_nothing() -> None:
    assert loss(("2024-01-01", -100.0)) == 1e6
    assert loss() == 0.0
