"""The same in the engine's own words, to compare."""

from nija_plugins.report.panels.panel import Panel, Table
from nija_plugins.report.performance import Performance


def engine(performance: Performance) -> Panel | None:
    """freqtrade's figures by their names; None where it has none."""
    if not performance.own_words:
        return None
    rows = tuple((name, text) for name, text in performance.own_words.items())
    return Panel(
        "engine",
        "In freqtrade's words",
        "freqtrade counts drawdown and Sharpe from closed trades, or from the wallet with open "
        "positions at their price; above, open positions count less the fee to get out.",
        tables=(Table("", ("", "freqtrade"), rows),),
    )
