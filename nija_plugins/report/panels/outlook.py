"""Where the account may go from here, if its trades come again in another order."""

import plotly.graph_objects as go

from nija_plugins.report.panels.panel import Panel, Table
from nija_plugins.report.performance import Performance
from nija_plugins.report.theme import ACCENT, QUIET, figure
from nija_plugins.report.words import money, number, percent
from nija_plugins.research.growth import History, Month, history, mean_r, simulate

MONTHS, PATHS, SEED = 12, 2000, 1
BANDS = ((0, 4, "rgba(61,126,184,0.13)"), (1, 3, "rgba(61,126,184,0.24)"))


def outlook(performance: Performance) -> Panel:
    """A fan of equity over a year, and the odds per month."""
    title = "Where it may go"
    try:
        past = history(performance.trades, performance.start, performance.end)
    except ValueError as reason:
        return Panel("outlook", title, f"No odds: {reason}")
    months = simulate(
        past, performance.final, performance.settings, months=MONTHS, paths=PATHS, seed=SEED
    )
    drawn = _fan(performance.final, months)
    return Panel(
        "outlook",
        title,
        _reading(performance, past, months[-1]),
        drawn,
        (_odds(months),),
        note="Stationary bootstrap (Politis and Romano, 1994) of R, starting with what the "
        "account ended with, which counts as its peak. Trades come one after another here, never "
        "at once: a drawdown is used up more often than this says. nija simulate has the options. "
        "The past need not come again: these are the odds within this history, not within the "
        "market.",
    )


def _fan(equity: float, months: list[Month]) -> go.Figure:
    drawn = figure(
        280,
        yaxis={"title": {"text": "equity, $"}, "tickprefix": "$"},
        xaxis={"title": {"text": "months from now"}, "dtick": 2},
        hovermode="x unified",
    )
    x = [0, *(one.number for one in months)]
    lines = [[equity, *(one.quantiles[row] for one in months)] for row in range(5)]
    for low, high, colour in BANDS:
        drawn.add_trace(
            go.Scatter(
                x=[*x, *reversed(x)],
                y=[round(one, 2) for one in (*lines[high], *lines[low][::-1])],
                fill="toself",
                fillcolor=colour,
                line={"width": 0},
                hoverinfo="skip",
            )
        )
    texts = [
        "<br>".join(
            f"{name} {money(line[row])}"
            for name, line in zip(
                ("best 5% from", "best quarter from", "middle", "worst quarter to", "worst 5% to"),
                reversed(lines),
                strict=True,
            )
        )
        for row in range(len(x))
    ]
    drawn.add_trace(
        go.Scatter(
            x=x,
            y=[round(one, 2) for one in lines[2]],
            text=texts,
            mode="lines",
            line={"color": ACCENT, "width": 2},
            hovertemplate="%{text}<extra></extra>",
        )
    )
    drawn.add_hline(equity, line={"color": QUIET, "width": 1, "dash": "dot"})
    return drawn


def _odds(months: list[Month]) -> Table:
    tiers = list(months[0].tiers)
    header = ("month", "worst 5%", "middle", "best 5%", *tiers, "been below $15", "12% used up")
    rows = tuple(
        (
            f"{one.number}",
            *(money(one.quantiles[row]) for row in (0, 2, 4)),
            *(percent(one.tiers[tier], 0) for tier in tiers),
            percent(one.below, 0),
            percent(one.halted, 0),
        )
        for one in months
    )
    return Table("Odds at the end of each month", header, rows, folded=True)


def _reading(performance: Performance, past: History, last: Month) -> str:
    mean, low, high = mean_r(past, SEED)
    return (
        f"After {last.number} months the middle path stands at {money(last.quantiles[2])}, nine "
        f"of ten between {money(last.quantiles[0])} and {money(last.quantiles[4])}; "
        f"{percent(last.halted, 0)} have used up their {performance.settings.max_drawdown:g}%. "
        f"It rests on {len(past.r)} trades, whose mean of {number(mean, 2, True)} R could as well "
        f"be anything from {number(low, 2, True)} to {number(high, 2, True)}."
    )
