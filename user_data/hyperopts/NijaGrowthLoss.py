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
    """Minus the log growth of the account, punished beyond 6% days and 12% drawdown.

    Closed profit only: freqtrade keeps no marked wallet during hyperopt.
    """

    @staticmethod
    def hyperopt_loss_function(results: DataFrame, starting_balance: float, **kwargs: Any) -> float:
        """A lost account is the worst there is; an idle one scores 0."""
        daily = results.groupby(results["close_date"].dt.floor("D"))["profit_abs"].sum()
        balance = starting_balance + daily.cumsum()
        if balance.empty:
            return 0.0
        if balance.min() <= 0:
            return 1e6
        worst_day = -(daily / balance.shift(1, fill_value=starting_balance)).min()
        peak = balance.cummax().clip(lower=starting_balance)
        drawdown = (1 - balance / peak).max()
        broken = max(0.0, worst_day - PROMISED_DAY) + max(0.0, drawdown - PROMISED_DRAWDOWN)
        return float(-log(balance.iloc[-1] / starting_balance) + PENALTY * broken)
