"""What one backtest of a sweep came to, as a row."""

import json
from typing import Any

from nija_plugins import locks
from nija_plugins.research.engine import Outcome
from nija_plugins.research.study.figures import fees, profit_factor
from nija_plugins.sweep.cases import Case

Row = dict[str, Any]


def identity(case: Case) -> Row:
    """What a row says of its case; days as text in ISO form (UTC), the wallet in USD."""
    changed = {**dict(case.parameters.nija), **dict(case.parameters.strategy)}
    return {
        "key": case.key,
        "window_begin": case.window.begin.isoformat(),
        "window_end": case.window.end.isoformat(),
        "begin": case.begin.isoformat(),
        "days": case.days,
        "set": case.parameters.name,
        "values": json.dumps(changed, sort_keys=True),
        "exchange": case.exchange,
        "wallet": float(case.wallet),
    }


def row(case: Case, outcome: Outcome, seconds: float) -> Row:
    """Plain values: money in USD, shares as fractions.

    `drawdown` and `worst_day` are NIJA's own, at closed candles with the fee to get out;
    `halted` says whether the drawdown lock ended trading; `seconds` the backtest took.
    """
    trades = outcome.trades
    return {
        **identity(case),
        "final_balance": float(outcome.final_balance),
        "total_return": float(outcome.final_balance / case.wallet - 1),
        "drawdown": float(outcome.equity["drawdown"]),
        "worst_day": float(outcome.equity["worst_day"]),
        "trades": len(trades),
        "wins": int((trades["profit_abs"] > 0).sum()) if len(trades) else 0,
        "profit_factor": profit_factor(trades),
        "fees": fees(trades),
        "refused": int(sum(outcome.refused.values())),
        "tier": outcome.tier_changes[-1]["to_tier"] if outcome.tier_changes else None,
        "halted": any(reason == locks.DRAWDOWN for reason, _, _ in outcome.locks),
        "seconds": float(seconds),
    }
