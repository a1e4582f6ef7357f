"""Buying each coin once and waiting: the yardstick that costs no thought."""

from pathlib import Path
from typing import Any

import pandas as pd

from nija_plugins.research.study.case import FEES, HALVES
from nija_plugins.research.study.engine import ASSETS
from nija_plugins.research.study.figures import DAYS, daily_worth, drawdown, ratios, worst_day


def buy_and_hold(datadir: Path, exchange: str, half: str, balance: float) -> dict[str, Any]:
    """A third of `balance` in each coin at the half's first open, sold at its last close, a fee
    each way; the same figures as a backtest's, marked hourly."""
    fee = FEES[exchange] / 100
    first, end = (pd.Timestamp(day, tz="UTC") for day in HALVES[half].split("-"))
    share = balance / len(ASSETS) / (1 + fee)
    worth, final = [], 0.0
    for asset in ASSETS:
        frame = pd.read_feather(datadir / f"{asset}_USD-1h.feather").set_index("date")
        frame = frame[(frame.index >= first) & (frame.index < end)]
        coins = share / frame["open"].iloc[0]
        worth.append(coins * frame["open"])
        final += coins * frame["close"].iloc[-1] * (1 - fee)
    equity = pd.concat(worth, axis=1).ffill().sum(axis=1)
    daily = daily_worth(equity, balance, final)
    fall = drawdown(equity, balance)
    years = len(daily) / DAYS
    return {
        "final": final,
        "total_return": final / balance - 1,
        "drawdown": fall,
        "worst_day": worst_day(equity),
        **ratios(daily, balance),
        "calmar": ((final / balance) ** (1 / years) - 1) / fall,
        "profit_factor": None,
        "trades": len(ASSETS),
        "exposure": 1.0,
        "fees": fee * (balance / (1 + fee) + final / (1 - fee)),
    }
