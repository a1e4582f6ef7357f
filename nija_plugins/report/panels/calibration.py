"""Did entries win as often as the AI filter promised?"""

import plotly.graph_objects as go

from nija_plugins.report.panels.panel import Panel
from nija_plugins.report.performance import Performance
from nija_plugins.report.theme import ACCENT, QUIET, figure
from nija_plugins.report.words import count, percent
from nija_plugins.research.calibration import Bin, calibration

PER_BIN = 8
"""Trades a group should have at least."""


def promises(performance: Performance) -> Panel | None:
    """Promised chance against the share that won; None where no filter made promises."""
    if performance.trades.empty:
        return None
    judged = performance.trades[performance.trades["win_probability"].notna()]
    if judged.empty:
        return None
    judged = judged.rename(columns={"win_probability": "chance"}).assign(r=judged["profit"])
    bins = calibration(judged, bins=max(1, min(5, len(judged) // PER_BIN)))
    return Panel(
        "calibration",
        "What the AI filter promised",
        _reading(bins, len(judged)),
        _drawn(bins),
        note="Groups of equally many entries by their promised chance, with "
        "the 95% interval of the share that won (Wilson, 1927).",
    )


def _drawn(bins: list[Bin]) -> go.Figure:
    axis = {"range": [0, 100], "ticksuffix": "%", "dtick": 25}
    drawn = figure(
        300,
        xaxis={**axis, "title": {"text": "promised chance to win"}},
        yaxis={**axis, "title": {"text": "share that won"}},
    )
    drawn.add_trace(
        go.Scatter(
            x=[0, 100],
            y=[0, 100],
            mode="lines",
            hoverinfo="skip",
            line={"color": QUIET, "width": 1, "dash": "dash"},
        )
    )
    drawn.add_trace(
        go.Scatter(
            x=[round(100 * one.promised, 2) for one in bins],
            y=[round(100 * one.won, 2) for one in bins],
            error_y={
                "array": [100 * (one.high - one.won) for one in bins],
                "arrayminus": [100 * (one.won - one.low) for one in bins],
                "color": ACCENT,
                "thickness": 1.4,
            },
            text=[count(one.candidates, "entry", "entries") for one in bins],
            mode="markers",
            marker={"color": ACCENT, "size": 10},
            hovertemplate="%{text}: promised %{x:.0f}%, won %{y:.0f}%<extra></extra>",
        )
    )
    return drawn


def _reading(bins: list[Bin], entries: int) -> str:
    promised = sum(one.promised * one.candidates for one in bins) / entries
    won = sum(one.won * one.candidates for one in bins) / entries
    kept = all(one.low <= one.promised <= one.high for one in bins)
    verdict = "within" if kept else "not everywhere within"
    return (
        f"{count(entries, 'entry', 'entries')} were promised {percent(promised, 0)} on average and "
        f"{percent(won, 0)} of them won: {verdict} what chance explains. On the dashed line "
        "promises are kept."
    )
