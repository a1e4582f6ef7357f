"""The loss NijaMicro is optimised for: growth that keeps the promises."""

from math import log
from typing import Any

from freqtrade.optimize.hyperopt import IHyperOptLoss
from pandas import DataFrame

PROMISED_DAY = 0.06
PROMISED_DRAWDOWN = 0.12
PENALTY = 10.0
"""How much log growth one unit of broken promise costs: 1% beyond a limit costs 0.1."""


class NijaGrowthLoss(IHyperOptLoss):
    """Minus the log growth of the account, punished beyond 6% days and 12% drawdown."""

    @staticmethod
    def hyperopt_loss_function(
        results: DataFrame,
        starting_balance: float,
        backtest_stats: dict[str, Any],
        **kwargs: Any,
    ) -> float:
        """Closed profit only; a lost account is the worst there is."""
        end = starting_balance + float(results["profit_abs"].sum())
        if end <= 0:
            return 1e6
        worst_day = -float(backtest_stats.get("backtest_worst_day") or 0.0)
        drawdown = float(backtest_stats.get("max_drawdown_account") or 0.0)
        broken = max(0.0, worst_day - PROMISED_DAY) + max(0.0, drawdown - PROMISED_DRAWDOWN)
        return -log(end / starting_balance) + PENALTY * broken
