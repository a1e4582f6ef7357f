"""What a backtest came to, in the same figures whatever strategy made it.

The account's worth is freqtrade's own capture of the wallet: stake currency and every coin at the
open of each candle of the strategy's timeframe.
"""

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import kurtosis, skew

DAYS = 365.0
"""Trading days in a year: this market never closes."""


def figures(outcome: dict[str, Any], balance: float) -> dict[str, Any]:
    """Plain figures of a backtest's `outcome` (see `research.engine`); money in stake currency,
    shares as fractions. JSON can hold all of it."""
    trades, wallet = outcome["trades"], outcome["wallet"]
    equity = wallet.groupby("date")["worth"].sum().sort_index()
    cash = wallet[wallet["cash"]].groupby("date")["worth"].sum().reindex(equity.index).fillna(0.0)
    daily = daily_worth(equity, balance, outcome["final"])
    final = float(outcome["final"])
    years = max((equity.index[-1] - equity.index[0]).total_seconds() / 86400 / DAYS, 1 / DAYS)
    fall = drawdown(pd.concat([equity, daily.iloc[-1:]]), balance)
    growth = (final / balance) ** (1 / years) - 1 if final > 0 else -1.0
    return {
        "final": final,
        "total_return": final / balance - 1,
        "drawdown": fall,
        "worst_day": worst_day(equity),
        **ratios(daily, balance),
        "calmar": growth / fall if fall > 0 else None,
        "profit_factor": profit_factor(trades),
        "trades": len(trades),
        "wins": int((trades["profit_abs"] > 0).sum()) if len(trades) else 0,
        "exposure": float((1 - cash / equity).mean()),
        "fees": fees(trades),
        "last_entry": str(trades["open_date"].max())[:10] if len(trades) else None,
        "profits": [round(float(one), 6) for one in trades["profit_ratio"]] if len(trades) else [],
        "months": monthly(daily),
        "years": by_year(daily, trades, balance),
        "pairs": grouped(trades, trades["pair"]) if len(trades) else {},
        "regimes": grouped(trades, trades["enter_tag"].fillna("none")) if len(trades) else {},
        "tiers": grouped(trades, tiers(trades, outcome["tier_changes"])) if len(trades) else {},
        "refused": outcome["refused"],
        "locks": outcome["locks"],
    }


def daily_worth(equity: pd.Series, balance: float, final: float) -> pd.Series:
    """The account's worth at the end of each day, the last one being the final balance. A candle
    that merely opens at the very end of a timerange makes no day of its own."""
    ends = equity.resample("1D").first().shift(-1).ffill()
    if equity.index[-1] == ends.index[-1] and len(ends) > 1:
        ends = ends.iloc[:-1]
    ends.iloc[-1] = final
    return ends.fillna(balance)


def drawdown(equity: pd.Series, balance: float) -> float:
    """The deepest fall below the highest worth so far, a fraction ≥ 0."""
    peak = equity.cummax().clip(lower=balance)
    return float((1 - equity / peak).max())


def worst_day(equity: pd.Series) -> float:
    """The lowest worth within a UTC day and up to the next one's opening, against its own opening;
    a fraction ≤ 0."""
    days = equity.resample("1D")
    opening = days.first()
    lowest = np.fmin(days.min(), opening.shift(-1))
    return float(min(0.0, (lowest / opening - 1).min()))


def ratios(daily: pd.Series, balance: float) -> dict[str, Any]:
    """Sharpe and Sortino ratio of daily returns, a year's, without a riskless rate; and what
    the deflated Sharpe ratio needs: days, skewness, kurtosis. None where nothing moved."""
    worth = np.array([balance, *daily])
    returns = pd.Series(worth[1:] / worth[:-1] - 1)
    spread, mean = float(returns.std()), float(returns.mean())
    below = float(np.sqrt((np.minimum(returns, 0) ** 2).mean()))
    moved = spread > 0
    return {
        "sharpe": mean / spread * DAYS**0.5 if moved else None,
        "sortino": mean / below * DAYS**0.5 if below > 0 else None,
        "days": len(returns),
        "skewness": float(skew(returns)) if moved else 0.0,
        "kurtosis": float(kurtosis(returns, fisher=False)) if moved else 3.0,
    }


def profit_factor(trades: pd.DataFrame) -> float | None:
    """Won over lost; None without a loss."""
    if trades.empty:
        return None
    profit = trades["profit_abs"]
    lost = -profit[profit < 0].sum()
    return float(profit[profit > 0].sum() / lost) if lost > 0 else None


def fees(trades: pd.DataFrame) -> float:
    """Both sides of every trade."""
    if trades.empty:
        return 0.0
    paid = trades["amount"] * (
        trades["open_rate"] * trades["fee_open"] + trades["close_rate"] * trades["fee_close"]
    )
    return float(paid.sum())


def monthly(daily: pd.Series) -> list[list[Any]]:
    """[month, worth at its end], for the picture of the account."""
    ends = daily.resample("1ME").last()
    return [[str(when)[:7], round(float(worth), 4)] for when, worth in ends.items()]


def by_year(daily: pd.Series, trades: pd.DataFrame, balance: float) -> dict[str, Any]:
    """The account's return in each calendar year, and the trades closed in it."""
    ends = daily.groupby(daily.index.to_series().dt.year).last()
    before = ends.shift(1, fill_value=balance)
    closed = pd.Series(dtype=int)
    if len(trades):
        closed = (trades["close_date"] - pd.Timedelta(seconds=1)).dt.year.value_counts()
    return {
        str(year): {
            "return": float(ends[year] / before[year] - 1),
            "trades": int(closed.get(year, 0)),
        }
        for year in ends.index
    }


def grouped(trades: pd.DataFrame, keys: pd.Series) -> dict[str, Any]:
    """Trades, wins, profit and mean profit ratio by key."""
    return {
        str(key): {
            "trades": len(group),
            "wins": int((group["profit_abs"] > 0).sum()),
            "profit": float(group["profit_abs"].sum()),
            "mean": float(group["profit_ratio"].mean()),
        }
        for key, group in trades.groupby(keys)
    }


def tiers(trades: pd.DataFrame, changes: list[dict[str, Any]]) -> pd.Series:
    """The tier in which each trade was opened."""

    def at(opened: pd.Timestamp) -> str:
        known = [one for one in changes if pd.Timestamp(one["time"]) <= opened]
        return str(known[-1]["to_tier"]) if known else "none"

    return trades["open_date"].map(at)
