"""The account itself: equity in its tiers, drawdown, and each day's result."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from nija_plugins.report.panels.panel import Panel
from nija_plugins.report.performance import Performance, falls
from nija_plugins.report.theme import ACCENT, DOWN, HALTED, QUIET, TINTS, UP, figure
from nija_plugins.report.words import count, day, harmless, money, number, percent
from nija_plugins.scaling.tiers import sorted_tiers

WIDE = 4
"""From this ratio of highest to lowest equity on, the scale is logarithmic."""
THIN = 0.07
"""The share of the chart that a tier's band needs to carry its name."""
EDGE = 0.16
"""A tier's name next to a change is up to twice this share of a phone's chart wide."""
NAMED = 10
"""More changes of tier than this get no names in the chart."""


def equity(performance: Performance) -> Panel:
    """Equity per day over the bands of the tiers, with every change of tier."""
    days = performance.days
    low, high = float(days["low"].min()), float(days["high"].max())
    wide = low > 0 and high / low >= WIDE
    bottom, top = (low * 0.97, high * 1.03) if low > 0 else (low, high * 1.03)
    bounds = [float(np.log10(bottom)), float(np.log10(top))] if wide else [bottom, top]
    drawn = figure(
        330,
        yaxis={
            "title": {"text": f"equity, {harmless(performance.currency)}"},
            "type": "log" if wide else "linear",
            "range": bounds,
            "tickprefix": "$",
            "tickformat": ",.0f" if high > 50 else ",.2f",
        },
        xaxis={"range": [days.index[0], performance.end]},
        hovermode="x unified",
    )
    _bands(drawn, bottom, top)
    drawn.add_trace(
        go.Scatter(
            x=days.index,
            y=days["close"].round(4),
            customdata=days[["low", "high"]].round(2),
            line={"color": ACCENT, "width": 1.8},
            name="equity",
            hovertemplate="$%{y:,.2f} (within the day $%{customdata[0]:,.2f} to "
            "$%{customdata[1]:,.2f})<extra></extra>",
        )
    )
    _changes(drawn, performance)
    for begin, end in performance.halts:
        drawn.add_vrect(begin, end, fillcolor=HALTED, line_width=0, layer="below")
    return Panel("equity", "The account", _equity_reading(performance), drawn)


def _bands(drawn: go.Figure, bottom: float, top: float) -> None:
    tiers = sorted_tiers()
    for number_, tier in enumerate(tiers):
        following = tiers[number_ + 1].min_equity if number_ + 1 < len(tiers) else top
        lower, upper = max(tier.min_equity, bottom), min(following, top)
        if lower >= upper:
            continue
        drawn.add_hrect(lower, upper, fillcolor=TINTS[number_ % 2], line_width=0, layer="below")
        if (upper - lower) / (top - bottom) > THIN:
            drawn.add_annotation(
                x=0.995,
                xref="paper",
                y=np.log10(upper) if drawn.layout.yaxis.type == "log" else upper,
                text=harmless(tier.name),
                showarrow=False,
                xanchor="right",
                yanchor="top",
                font={"size": 10, "color": QUIET},
            )
    for tier in tiers:
        if bottom < tier.min_equity < top:
            drawn.add_hline(tier.min_equity, line={"color": QUIET, "width": 0.6, "dash": "dot"})


def _changes(drawn: go.Figure, performance: Performance) -> None:
    changes = performance.tier_changes[1:]
    if not changes:
        return
    ranks = {tier.name: row for row, tier in enumerate(sorted_tiers())}
    rises = [
        ranks.get(one["to_tier"] or "", -1) > ranks.get(one["from_tier"] or "", -1)
        for one in changes
    ]
    names = [harmless(one["to_tier"] or "no tier") for one in changes]
    drawn.add_trace(
        go.Scatter(
            x=[one["time"] for one in changes],
            y=[round(one["equity"], 2) for one in changes],
            mode="markers+text" if len(changes) <= NAMED else "markers",
            text=names,
            textposition=[_beside(drawn, performance, one) for one in changes],
            textfont={"size": 11},
            cliponaxis=False,
            marker={
                "symbol": ["triangle-up" if rose else "triangle-down" for rose in rises],
                "color": [UP if rose else DOWN for rose in rises],
                "size": 11,
            },
            name="change of tier",
            hovertemplate="%{text} at $%{y:,.2f}<extra></extra>",
        )
    )


def _beside(drawn: go.Figure, performance: Performance, change: Mapping[str, Any]) -> str:
    """On which side of its triangle a name has room within the chart."""
    first, last = performance.days.index[0], performance.end
    across = (pd.Timestamp(change["time"]) - first) / (last - first) if last > first else 0.5
    low, high = drawn.layout.yaxis.range
    equity_ = change["equity"]
    place = np.log10(equity_) if drawn.layout.yaxis.type == "log" else equity_
    side = "right" if across < EDGE else "left" if across > 1 - EDGE else "center"
    return f"{'bottom' if (place - low) / (high - low) > 1 - EDGE / 2 else 'top'} {side}"


def _equity_reading(performance: Performance) -> str:
    changes = len(performance.tier_changes) - 1
    moved = (
        f"{count(changes, 'change')} of tier, {performance.last_tier or 'no tier'} at the end"
        if changes > 0
        else f"{performance.last_tier or 'no tier'} throughout"
    )
    best = performance.days["high"].idxmax()
    return (
        f"From {money(performance.starting)} to {money(performance.final)} "
        f"({percent(performance.total_return, sign=True)}) in "
        f"{_span(performance)}; {moved}. The highest was "
        f"{money(performance.days['high'].max())} on {day(best)}." + _halted(performance)
    )


def _halted(performance: Performance) -> str:
    if not performance.halts:
        return ""
    begin, end = performance.halts[-1]
    grey = (
        f" Grey: its {performance.settings.max_drawdown:g}% were used up, and nothing was entered"
    )
    if end >= performance.end:
        return f"{grey}; since {day(begin)} it waits for a person to unlock it."
    return f"{grey} until the pause was over ({count(len(performance.halts), 'time')})."


def _span(performance: Performance) -> str:
    days = (performance.end - performance.start).total_seconds() / 86400
    return f"{number(days / 365.25, 1)} years" if days > 700 else count(round(days), "day")


def drawdown(performance: Performance) -> Panel:
    """How far below its peak the account was, over the floor it may not fall through."""
    limit = performance.settings.max_drawdown / 100
    below = falls(performance.days, performance.restarts)
    drawn = figure(
        240,
        yaxis={
            "title": {"text": "below the peak, %"},
            "ticksuffix": "%",
            "range": [-100 * max(limit * 1.15, float(below.max()) * 1.1), 0.4],
        },
        hovermode="x unified",
    )
    drawn.add_trace(
        go.Scatter(
            x=below.index,
            y=(-100 * below).round(3),
            fill="tozeroy",
            fillcolor="rgba(209,88,63,0.18)",
            line={"color": DOWN, "width": 1.2},
            hovertemplate="%{y:.1f}% below the peak<extra></extra>",
        )
    )
    _limit(drawn, -100 * limit, f"the floor, {performance.settings.max_drawdown:g}%")
    for moment in performance.restarts:
        drawn.add_vline(moment.timestamp() * 1000, line={"color": QUIET, "width": 1, "dash": "dot"})
    worst = below.idxmax()
    deepest = counted_drawdown(performance)
    left = limit - deepest
    kept = (
        "a hair above"
        if 0 <= left < 0.0005
        else f"{number(left * 100, 1)} points above"
        if left >= 0
        else f"{number(-left * 100, 1)} points through"
    )
    again = (
        f" After each pause the peak began anew (dotted); below the highest ever it was "
        f"{percent(performance.drawdown)}."
        if performance.restarts
        else ""
    )
    return Panel(
        "drawdown",
        "Below its peak",
        f"The deepest fall is {percent(deepest)}, around {day(worst)}: {kept} the "
        f"{performance.settings.max_drawdown:g}% floor.{again}",
        drawn,
        note="Marked at closed candles, open positions less the fee to get out."
        if left >= 0
        else "A floor is held by stops: what goes through it gapped through a stop, or is the fee "
        "and the last candle's fall when everything is sold.",
    )


def counted_drawdown(performance: Performance) -> float:
    """The deepest fall below the peak that the limit counts from, a fraction ≥ 0."""
    if performance.restarts:
        return float(falls(performance.days, performance.restarts).max())
    return performance.drawdown


def daily(performance: Performance) -> Panel:
    """Each UTC day's result, and the limit of a day's loss."""
    days, limit = performance.days, performance.settings.daily_max_loss
    result = (days["close"] / days["open"] - 1) * 100
    lowest = (days["low"] / days["open"] - 1) * 100
    moved = result[result.abs() > 1e-9]
    drawn = figure(
        240,
        yaxis={
            "title": {"text": "day's result, %"},
            "ticksuffix": "%",
            "range": [min(-limit * 1.15, lowest.min() * 1.1), max(2.0, result.max() * 1.1)],
        },
        xaxis={"range": [days.index[0], days.index[-1]], "type": "date"},  # also without a bar
        bargap=0,
    )
    drawn.add_trace(
        go.Bar(
            x=moved.index,
            y=moved.round(3),
            customdata=lowest[moved.index].round(2),
            marker={"color": [UP if one > 0 else DOWN for one in moved], "line": {"width": 0}},
            hovertemplate="%{x|%Y-%m-%d}: %{y:+.2f}%, lowest %{customdata:+.2f}%<extra></extra>",
        )
    )
    _limit(drawn, -limit, f"a day's limit, {limit:g}%")
    worst = lowest.idxmin() if lowest.min() < 0 else None
    most = (
        f"on {day(worst)} it was {percent(performance.worst_day)} at its lowest"
        if (worst is not None)
        else "no day went below its opening"
    )
    won = int((moved > 0).sum())
    share = percent(won / len(moved), 0) if len(moved) else "none"
    return Panel(
        "days",
        "Day by day",
        f"Of {count(len(days), 'day')} {len(moved):,} moved, {share} of them up. The worst: "
        f"{most}; {limit:g}% is all a day may lose.",
        drawn,
    )


def _limit(drawn: go.Figure, level: float, text: str) -> None:
    if isfinite(level):
        drawn.add_hline(
            level,
            line={"color": DOWN, "width": 1.2, "dash": "dash"},
            annotation={
                "text": text,
                "font": {"size": 11, "color": DOWN},
                "xanchor": "right",
                "yanchor": "bottom",
            },
        )
