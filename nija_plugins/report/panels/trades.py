"""Each trade's result, and the candles, stop and target of the one that is chosen."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from nija_plugins.report.candles import Candles
from nija_plugins.report.panels.panel import Panel
from nija_plugins.report.performance import Performance, rows
from nija_plugins.report.theme import DOWN, QUIET, UP, figure
from nija_plugins.report.words import (
    count,
    harmless,
    minute,
    money,
    number,
    percent,
    price,
    readable,
)

DRAWN = 150
"""How many trades, the latest, are drawn on candles: more would make the page heavy."""


def trades(performance: Performance) -> Panel:
    """Results over time; the view of one trade hangs below."""
    table = performance.trades
    if table.empty:
        return Panel("trades", "Trades", "No trade was closed.")
    in_r = bool(table["r"].notna().all())
    values = table["r"] if in_r else table["profit_ratio"] * 100
    unit = "R" if in_r else "%"
    drawn = figure(
        260,
        yaxis={"title": {"text": "result, R" if in_r else "result, % of the stake"}},
        xaxis={"range": [performance.start, performance.end]},
    )
    won = (table["profit"] > 0).to_numpy()
    drawn.add_trace(
        go.Scatter(
            x=table["closed"],
            y=values.round(4),
            mode="markers",
            customdata=np.arange(len(table)),
            text=[
                f"{harmless(one.pair)}, {money(one.profit, True)}<br>"
                f"{minute(one.opened)} → {minute(one.closed)} UTC<br>"
                f"{harmless(readable(one.exit_reason))}"
                for one in rows(table)
            ],
            marker={
                # Numbers: Plotly looks at each of 5,000 words, and says of numbers that they are.
                "color": won.astype(int),
                "colorscale": [[0, DOWN], [1, UP]],
                "cmin": 0,
                "cmax": 1,
                "size": 9 if len(table) < 500 else 5,
                "opacity": 0.85,
            },
            hovertemplate=f"%{{y:+.2f}} {unit}: %{{text}}<extra></extra>",
        )
    )
    drawn.add_hline(0, line={"color": QUIET, "width": 1})
    candles = Candles(performance.candles)
    views = _views(performance, candles)
    return Panel(
        "trades",
        "Trades",
        _reading(performance, in_r),
        drawn,
        trades=views,
        note=_note(performance, candles, len(table)),
    )


def _views(performance: Performance, candles: Candles) -> dict[str, Any]:
    """Plain data for the page: where the drawn trades begin, and each of them."""
    first = max(0, len(performance.trades) - DRAWN)
    shown = performance.trades.iloc[first:]
    return {"first": first, "all": [_view(one, candles) for one in rows(shown)]}


def _view(trade: Any, candles: Candles) -> dict[str, Any]:
    planned, target = trade.open_rate * (1 - trade.stop), trade.open_rate * (1 + trade.target)
    details = [
        f"in at {price(trade.open_rate)}, out at {price(trade.close_rate)}",
        f"stake {money(trade.stake)}",
        f"fees {money(trade.fees)}",
        f"regime {readable(trade.regime)}",
        f"tier {trade.tier}",
    ]
    if np.isfinite(trade.stop):
        details.insert(1, f"stop {price(planned)} ({percent(trade.stop)} below)")
        details.insert(2, f"target {price(target)} ({percent(trade.target)} above)")
    result = money(trade.profit, sign=True)
    if np.isfinite(trade.r):
        result += f" ({number(trade.r, 2, sign=True)} R)"
    return {
        "title": f"{trade.pair}, {result}",
        "when": f"{minute(trade.opened)} to {minute(trade.closed)} UTC, left by "
        f"{readable(trade.exit_reason)}",
        "details": details,
        "won": bool(trade.profit > 0),
        "x": [int(trade.opened.timestamp() * 1000), int(trade.closed.timestamp() * 1000)],
        "y": [trade.open_rate, trade.close_rate],
        "target": float(f"{target:.6g}") if np.isfinite(target) else None,
        "bars": candles.around(trade),
    }


def _reading(performance: Performance, in_r: bool) -> str:
    table = performance.trades
    won = table["profit"] > 0
    best = table.iloc[int(table["profit"].argmax())]
    text = (
        f"{count(len(table), 'trade')}, {percent(won.mean(), 0)} won: winners made "
        f"{money(table.loc[won, 'profit'].sum(), True)}, losers "
        f"{money(table.loc[~won, 'profit'].sum(), True)}. The largest, {best['pair']}, made "
        f"{money(best['profit'], True)}."
    )
    if in_r:
        text += (
            f" On average {number(table['r'].mean(), 2, True)} R; 1 R is what the stop would "
            "have lost, fees included."
        )
    return text


def _note(performance: Performance, candles: Candles, total: int) -> str:
    said = []
    if total > DRAWN:
        said.append(f"Candles are kept for the last {DRAWN} of {total:,} trades.")
    if candles.missing:
        said.append(
            f"No hourly candles of {', '.join(sorted(candles.missing))} were found: name their "
            "folder with --datadir."
        )
    if performance.trades["stop"].notna().any():
        said.append("The stop is drawn as planned and trailed; a floor may have raised it further.")
    return " ".join(said)
