"""The figures of a backtest, worked out by hand."""

import pandas as pd
import pytest

from nija_plugins.research.study.figures import daily_worth, drawdown, figures, worst_day


def worth(*values: float, hours: int = 12) -> pd.Series:
    index = pd.date_range("2024-01-01", periods=len(values), freq=f"{hours}h", tz="UTC")
    return pd.Series(values, index=index)


def test_a_day_ends_where_the_next_begins_and_the_last_with_the_final_balance() -> None:
    assert list(daily_worth(worth(100, 110, 120, 90, 95, 97), 100, 99)) == [120, 95, 99]
    assert list(daily_worth(worth(100, 110, 120, 90, 95), 100, 99)) == [120, 99]


def test_drawdown_counts_from_the_balance_and_the_worst_day_from_its_opening() -> None:
    assert drawdown(worth(90, 99, 110, 88), 100) == pytest.approx(0.2)
    assert worst_day(worth(100, 95, 98, 98, 80)) == pytest.approx(80 / 98 - 1)
    assert worst_day(worth(100, 101, 102)) == 0.0


@pytest.fixture
def outcome() -> dict[str, object]:
    days = pd.date_range("2023-12-30", periods=4, freq="1D", tz="UTC")
    wallet = pd.DataFrame(
        {
            "date": [*days, days[1], days[2]],
            "worth": [100.0, 40.0, 40.0, 106.0, 60.0, 66.0],
            "cash": [True, True, True, True, False, False],
        }
    )
    trades = pd.DataFrame(
        {
            "pair": ["BTC/USD", "ETH/USD"],
            "enter_tag": ["ranging", "breakout"],
            "open_date": [days[1], days[1]],
            "close_date": [days[2], days[3]],
            "profit_abs": [9.0, -3.0],
            "profit_ratio": [0.3, -0.1],
            "amount": [1.0, 1.0],
            "open_rate": [30.0, 30.0],
            "close_rate": [39.0, 27.0],
            "fee_open": [0.01, 0.01],
            "fee_close": [0.01, 0.01],
        }
    )
    tiers = [{"time": "2023-12-30T00:00:00+00:00", "to_tier": "STARTER"}]
    return {
        "trades": trades,
        "wallet": wallet,
        "final": 106.0,
        "tier_changes": tiers,
        "refused": {},
        "locks": [],
    }


def test_everything_is_told(outcome: dict[str, object]) -> None:
    told = figures(outcome, 100)
    assert told["total_return"] == pytest.approx(0.06)
    assert told["profit_factor"] == pytest.approx(3.0)
    assert (told["trades"], told["wins"]) == (2, 1)
    assert told["fees"] == pytest.approx(0.01 * (30 + 39 + 30 + 27))
    assert told["exposure"] == pytest.approx((0 + 0.6 + 66 / 106 + 0) / 4)
    assert told["years"]["2023"]["return"] == pytest.approx(0.06)
    assert [told["years"][year]["trades"] for year in ("2023", "2024")] == [1, 1]
    assert told["pairs"]["BTC/USD"]["profit"] == 9.0
    assert told["tiers"]["STARTER"]["trades"] == 2
    assert told["sharpe"] > 0


def test_an_account_that_never_traded_has_no_ratios(outcome: dict[str, object]) -> None:
    days = pd.date_range("2024-01-01", periods=3, freq="1D", tz="UTC")
    idle = {
        **outcome,
        "trades": pd.DataFrame(),
        "wallet": pd.DataFrame({"date": days, "worth": 100.0, "cash": True}),
        "final": 100.0,
    }
    told = figures(idle, 100)
    assert (told["total_return"], told["drawdown"], told["exposure"]) == (0, 0, 0)
    assert told["sharpe"] is None
    assert told["calmar"] is None
    assert told["profit_factor"] is None
