"""A made-up account for tests of the page."""

from typing import Any

import numpy as np
import pandas as pd

from nija_plugins.report.performance import DAYS, REFUSED, TRADES, Performance
from nija_plugins.settings import Settings

START = pd.Timestamp("2023-01-01", tz="UTC")


def some_trades(count: int, seed: int = 1, **columns: Any) -> pd.DataFrame:
    """`count` closed trades of an account around $300, an hour to twenty days long."""
    random = np.random.default_rng(seed)
    opened = START + pd.to_timedelta(np.sort(random.integers(0, 600 * 24, count)), unit="h")
    table = pd.DataFrame(
        {
            "pair": random.choice(["BTC/USD", "ETH/USD", "SOL/USD"], count),
            "opened": opened,
            "closed": opened + pd.to_timedelta(random.integers(1, 480, count), unit="h"),
            "open_rate": 100.0,
            "amount": 0.4,
            "stake": 40.0,
            "loss": 0.05,
            "r": np.where(random.random(count) < 0.4, random.exponential(2.0, count), -1.0),
            "fees": 0.3,
            "regime": random.choice(["trending_up", "ranging", "breakout"], count),
            "exit_reason": random.choice(["trailing_stop_loss", "stop_loss"], count),
            "tier": "GROWTH",
            "stop": 0.042,
            "target": 0.15,
            "trail": 0.06,
            "equity": 300.0,
            "win_probability": random.uniform(0.3, 0.6, count),
            "by": random.choice(["wish", "drawdown"], count),
            "wish": 41.0,
        }
    )
    table["profit"] = table["r"] * 2.0
    table["profit_ratio"] = table["profit"] / table["stake"]
    table["close_rate"] = table["open_rate"] * (1 + table["profit_ratio"])
    table["best_r"] = np.maximum(table["r"], 0.5)
    table["legs"] = [{"kelly": 5.0, "volatility": 20.0, "equity": 16.0}] * count
    table["cuts"] = [{"position size": 54.0, "drawdown": 40.0}] * count
    table = table.assign(**columns)
    return table.sort_values("closed", ignore_index=True)[TRADES]


def an_account(trades: pd.DataFrame | None = None, **changes: Any) -> Performance:
    """$240 that became what its trades made of it; one halt, one change of tier."""
    trades = some_trades(60) if trades is None else trades
    end = START + pd.Timedelta(days=630)
    index = pd.date_range(START, end, freq="1D")
    earned = pd.Series(0.0, index=index)
    if len(trades):
        by_day = trades.groupby(trades["closed"].dt.normalize())["profit"].sum()
        earned = by_day.reindex(index, fill_value=0.0).cumsum()
    close = 240 + earned
    opened = close.shift(fill_value=240.0)
    days = pd.concat(
        [opened, np.maximum(opened, close), np.minimum(opened, close), close], axis=1, keys=DAYS
    )
    told = [
        (START + pd.Timedelta(days=day), "BTC/USD", rule, f"Because of {rule}.")
        for day in range(0, 600, 7)
        for rule in ("trade_filter.signal_score", "engine.locked")
    ]
    facts: dict[str, Any] = {
        "name": "NijaMicro, a backtest",
        "source": "backtest-result.zip",
        "exchange": "kraken",
        "currency": "USD",
        "start": START,
        "end": end,
        "starting": 240.0,
        "final": float(close.iloc[-1]),
        "trades": trades,
        "days": days,
        "worst_day": float((days["low"] / days["open"]).min() - 1),
        "drawdown": float((1 - close / close.cummax()).max()),
        "settings": Settings(),
        "halts": ((START + pd.Timedelta(days=90), START + pd.Timedelta(days=104)),),
        "tier_changes": (
            {"time": START.isoformat(), "from_tier": None, "to_tier": "STARTER", "equity": 240.0},
            {
                "time": "2023-03-01T00:00:00+00:00",
                "from_tier": "STARTER",
                "to_tier": "GROWTH",
                "equity": 251.0,
            },
        ),
        "refused": pd.DataFrame(told, columns=REFUSED),
        "candidates": 86,
    }
    return Performance(**(facts | changes))
