"""Rows as a sweep's backtests leave them, made up."""

from datetime import date, timedelta
from typing import Any

from nija_plugins.sweep.cases import Case, ParameterSet, Window
from nija_plugins.sweep.figures import identity

FIRST = date(2023, 1, 1)


def a_case(name: str = "a", window: int = 0, start: int = 0) -> Case:
    """The `window`-th of 30 days, begun `start` days later."""
    begin = FIRST + timedelta(days=30 * window)
    parameters = ParameterSet(name, (("set", name),))
    return Case(
        Window(begin, begin + timedelta(days=30)),
        begin + timedelta(days=start),
        parameters,
        *("kraken", 100.0, "basis"),
    )


def a_row(case: Case, total_return: float = 0.02, **changes: Any) -> dict[str, Any]:
    """What `case` came to."""
    row = {
        **identity(case),
        "final_balance": case.wallet * (1 + total_return),
        "total_return": total_return,
        "drawdown": 0.05,
        "worst_day": -0.02,
        "trades": 4,
        "wins": 2,
        "profit_factor": None,
        "fees": 1.5,
        "refused": 7,
        "tier": "STARTER",
        "halted": False,
        "seconds": 1.25,
    }
    return {**row, **changes}
