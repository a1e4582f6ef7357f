"""Colours and type. What changes between light and dark is in Plotly templates, which the page
swaps; colours of meaning are readable on both."""

from typing import Any

import plotly.graph_objects as go

UP, DOWN, ACCENT, WARM, QUIET = "#2a9d78", "#d1583f", "#3d7eb8", "#c08a2b", "#8b929c"
TINTS = ("rgba(61,126,184,0.05)", "rgba(61,126,184,0.11)", "rgba(61,126,184,0.05)")
HALTED = "rgba(139,146,156,0.16)"
SERIES = ("#3d7eb8", "#c08a2b", "#2a9d78", "#9a6fb0", "#d1583f", "#5aa7a7", "#8b929c")
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
LIGHT = {"ink": "#3b434d", "grid": "#e9e7e1", "line": "#cfccc4", "paper": "#ffffff"}
DARK = {"ink": "#b9c0c9", "grid": "#2a3038", "line": "#414954", "paper": "#1c2128"}


def template(colours: dict[str, str]) -> dict[str, Any]:
    """A Plotly template in these colours."""
    axis = {
        "gridcolor": colours["grid"],
        "linecolor": colours["line"],
        "zerolinecolor": colours["line"],
        "zerolinewidth": 1,
        "automargin": True,
        "ticks": "",
        "title": {"font": {"size": 12}, "standoff": 8},
    }
    made = go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 12, "color": colours["ink"]},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": SERIES,
            "xaxis": {**axis, "showgrid": False},
            "yaxis": axis,
            "hoverlabel": {
                "bgcolor": colours["paper"],
                "bordercolor": colours["line"],
                "font": {"family": FONT, "size": 12, "color": colours["ink"]},
                "align": "left",
            },
            "legend": {
                "orientation": "h",
                "x": 0,
                "y": 1.02,
                "yanchor": "bottom",
                "traceorder": "normal",
            },
        },
        data={
            "candlestick": [
                {
                    "increasing": {"line": {"color": UP, "width": 1}},
                    "decreasing": {"line": {"color": DOWN, "width": 1}},
                }
            ]
        },
    )
    plain: dict[str, Any] = made.to_plotly_json()
    return plain


def figure(height: int = 300, **layout: Any) -> go.Figure:
    """An empty figure in the house's style; its template is the page's to set."""
    return go.Figure(
        layout={
            "height": height,
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "template": None,
            "hovermode": "closest",
            "showlegend": False,
            **layout,
        }
    )
