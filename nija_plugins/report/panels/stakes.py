"""How stakes came about: what the sizer's legs added up to, and what was left of it."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from nija_plugins.report.panels.panel import Panel, Table, bars
from nija_plugins.report.performance import Performance, rows
from nija_plugins.report.theme import ACCENT, QUIET, UP, WARM, figure
from nija_plugins.report.words import harmless, minute, money, percent

DRAWN = 200
"""How many trades, the latest, have a bar of their own."""
LEGS = {"kelly": ACCENT, "volatility": WARM, "equity": UP}


def stakes(performance: Performance) -> Panel | None:
    """Legs per trade and the stake; which rule decided how often. None where nothing is known."""
    known = performance.trades[performance.trades["wish"].notna()]
    if known.empty:
        return None
    shown = known.iloc[-DRAWN:]
    drawn = figure(
        300,
        barmode="stack",
        bargap=0.2,
        showlegend=True,
        xaxis={"title": {"text": "trade, in the order of closing"}},
        yaxis={"title": {"text": "% of equity at entry"}, "ticksuffix": "%"},
    )
    numbers = shown.index + 1
    for name, colour in LEGS.items():
        added = pd.Series([one.get(name, np.nan) for one in shown["legs"]], index=shown.index)
        if added.notna().any():
            drawn.add_trace(
                go.Bar(
                    x=numbers,
                    y=(100 * added / shown["equity"]).round(3),
                    name=f"{name} leg",
                    marker={"color": colour, "line": {"width": 0}, "opacity": 0.75},
                    hovertemplate=f"{name} leg: %{{y:.1f}}%<extra></extra>",
                )
            )
    drawn.add_trace(
        go.Scatter(
            x=numbers,
            y=(100 * shown["stake"] / shown["equity"]).round(3),
            mode="markers",
            name="stake",
            text=[_anatomy(one) for one in rows(shown)],
            marker={
                "symbol": "line-ew",
                "size": max(3, min(11, 330 // len(shown))),
                "line": {"width": 2, "color": QUIET},
            },
            hovertemplate="%{text}<extra></extra>",
        )
    )
    return Panel(
        "stakes",
        "How stakes came about",
        _reading(known),
        drawn,
        (_deciders(known), _every(shown)),
        note=f"The last {DRAWN} of {len(known):,} trades." if len(known) > DRAWN else "",
    )


def _anatomy(trade: Any) -> str:
    """The hover text: wish, cuts from the tightest on, and what decided."""
    cuts = sorted(trade.cuts.items(), key=lambda one: one[1])
    lines = [
        f"{harmless(trade.pair)}, {minute(trade.opened)}",
        f"wish {money(trade.wish)}, stake {money(trade.stake)}",
        *(f"{harmless(name)} allows {money(most)}" for name, most in cuts[:3]),
        f"decided by: {harmless(trade.by)}",
    ]
    return "<br>".join(lines)


def _deciders(known: pd.DataFrame) -> Table:
    found = known.groupby("by").agg(
        trades=("stake", "size"),
        share=("stake", lambda one: float((one / known.loc[one.index, "equity"]).mean())),
    )
    found = found.sort_values("trades", ascending=False, kind="stable")
    counts = bars([float(one) for one in found["trades"]], [f"{one:,}" for one in found["trades"]])
    lines = tuple(
        (str(name), bar, percent(row.share))
        for name, row, bar in zip(found.index, rows(found), counts, strict=True)
    )
    return Table("What decided the size", ("rule", "trades", "mean stake, % of equity"), lines)


def _every(shown: pd.DataFrame) -> Table:
    cuts = list(dict.fromkeys(name for one in shown["cuts"] for name in one))
    lines = tuple(
        (
            f"{minute(one.opened)} {one.pair}",
            *(money(one.legs.get(leg, float("nan"))) for leg in LEGS),
            money(one.wish),
            *(money(one.cuts.get(cut, float("nan"))) for cut in cuts),
            money(one.stake),
            str(one.by),
        )
        for one in rows(shown)
    )
    header = ("entry (UTC)", *LEGS, "wish", *cuts, "stake", "decided by")
    return Table("Legs and cuts of each trade, $", header, lines, folded=True)


def _reading(known: pd.DataFrame) -> str:
    share = (known["stake"] / known["equity"]).mean()
    risk = (known["stake"] * known["loss"] / known["equity"]).mean()
    cut = (known["by"] != "wish").mean()
    lifted = int((known["by"] == "smallest lot").sum())
    text = (
        f"A stake was {percent(share)} of equity on average and put {percent(risk, 2)} of it at "
        f"risk; {percent(cut, 0)} were not what the sizer wished"
    )
    if lifted:
        text += f" ({lifted} of them lifted to the smallest lot)"
    return text + "."
