"""Where the result came from: by regime, pair, tier and reason to leave."""

import pandas as pd

from nija_plugins.report.panels.panel import Panel, Table, bars
from nija_plugins.report.performance import Performance, rows
from nija_plugins.report.words import count, money, number, percent, readable

GROUPS = {
    "regime": "By regime at entry",
    "pair": "By pair",
    "tier": "By tier at entry",
    "exit_reason": "By reason to leave",
}
HEADER = ("", "trades", "won", "mean R", "profit, $")


def groups(performance: Performance) -> Panel:
    """One small table each."""
    trades = performance.trades
    if trades.empty:
        return Panel("groups", "Where it came from", "No trade was closed.")
    tables = tuple(_table(trades, name, title) for name, title in GROUPS.items())
    return Panel("groups", "Where it came from", _reading(trades), tables=tables)


def _table(trades: pd.DataFrame, name: str, title: str) -> Table:
    found = trades.groupby(name).agg(
        trades=("profit", "size"),
        won=("profit", lambda one: float((one > 0).mean())),
        r=("r", "mean"),
        profit=("profit", "sum"),
    )
    found = found.sort_values("profit", ascending=False, kind="stable")
    profits = bars(
        [float(one) for one in found["profit"]], [money(one, True) for one in found["profit"]]
    )
    lines = tuple(
        (
            str(row.Index) if name in ("pair", "tier") else readable(str(row.Index)),
            f"{row.trades:,}",
            percent(row.won, 0),
            number(row.r, 2, True),
            bar,
        )
        for row, bar in zip(rows(found), profits, strict=True)
    )
    return Table(title, HEADER, lines)


def _reading(trades: pd.DataFrame) -> str:
    by_regime = trades.groupby("regime")["profit"].sum()
    best, worst = str(by_regime.idxmax()), str(by_regime.idxmin())
    total = float(trades["profit"].sum())
    largest = trades["profit"].nlargest(3).sum()
    text = f"The best regime was {readable(best)} ({money(by_regime[best], True)})"
    if best != worst:
        text += f", the worst {readable(worst)} ({money(by_regime[worst], True)})"
    if len(trades) > 3:
        text += (
            f". Without its {count(3, 'largest trade')} the result would be "
            f"{money(total - largest, True)} instead of {money(total, True)}"
        )
    return text + "."
