"""Entries that did not happen, by the rule that objected, over time."""

import pandas as pd
import plotly.graph_objects as go

from nija_plugins.report.panels.panel import Panel, Table, bars
from nija_plugins.report.performance import Performance
from nija_plugins.report.theme import SERIES, figure
from nija_plugins.report.words import count, harmless, percent, readable

NAMED = 6
"""Rules with a colour of their own; the rest are one."""
OTHERS = "others"


def refusals(performance: Performance) -> Panel:
    """Objections per month (or week), stacked by rule, and an example of each."""
    told = performance.refused
    if told.empty:
        return Panel("refusals", "Entries refused", "No refused entry is on record.")
    totals = told["rule"].value_counts()
    weekly = performance.end - performance.start < pd.Timedelta(days=200)
    naive = told["time"].dt.tz_localize(None)
    period = naive.dt.to_period("W" if weekly else "M").dt.start_time
    named = list(totals.index[:NAMED])
    rule = told["rule"].where(told["rule"].isin(named), OTHERS)
    table = pd.crosstab(period, rule)
    drawn = figure(
        300,
        barmode="stack",
        bargap=0.15,
        showlegend=True,
        yaxis={"title": {"text": f"objections a {'week' if weekly else 'month'}"}},
    )
    shown = [*named, *([OTHERS] if OTHERS in table.columns else [])]
    for colour, name in zip(SERIES, shown, strict=False):
        drawn.add_trace(
            go.Bar(
                x=table.index,
                y=table[name],
                name=harmless(readable(name)),
                marker={"color": colour, "line": {"width": 0}},
                hovertemplate=f"{harmless(readable(name))}: %{{y}}<extra>%{{x|%Y-%m}}</extra>",
            )
        )
    return Panel(
        "refusals",
        "Entries refused",
        _reading(performance, totals),
        drawn,
        (_examples(told, totals),),
        note="A candidate counts once per candle; several rules may object to one.",
    )


def _examples(told: pd.DataFrame, totals: pd.Series) -> Table:
    last = told.groupby("rule")["sentence"].last()
    counts = bars([float(one) for one in totals], [f"{one:,}" for one in totals])
    rows = tuple(
        (readable(rule), bar, last[rule]) for rule, bar in zip(totals.index, counts, strict=True)
    )
    return Table(
        "Every rule, and its last words", ("rule", "objections", "for example"), rows, True
    )


def _reading(performance: Performance, totals: pd.Series) -> str:
    candidates = performance.candidates or int(
        performance.refused[["time", "pair"]].drop_duplicates().shape[0]
    )
    first = totals.index[0]
    share = percent(totals.iloc[0] / candidates, 0)
    text = f"{count(candidates, 'candidate')} refused. Most often by {readable(first)} ({share})"
    if len(totals) > 1:
        text += f", then {readable(totals.index[1])} ({percent(totals.iloc[1] / candidates, 0)})"
    return text + "."
