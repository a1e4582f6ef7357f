"""What a part of the page is made of."""

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go


@dataclass(frozen=True)
class Bar:
    """A number in a table with a bar behind it: `share` of the column's largest, in [-1, 1]."""

    text: str
    share: float


Cell = str | Bar


@dataclass(frozen=True)
class Table:
    """Plain text throughout; whoever shows it escapes. The first column names the row."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    folded: bool = False


@dataclass(frozen=True)
class Panel:
    """A part of the page. `reading` is the line that says what is to be seen; `trades` is the data
    of the view of one trade (see `candles`)."""

    key: str
    title: str
    reading: str
    figure: go.Figure | None = None
    tables: tuple[Table, ...] = ()
    note: str = ""
    trades: dict[str, Any] | None = None


def bars(values: list[float], texts: list[str]) -> list[Bar]:
    """The texts, each with its bar."""
    largest = max((abs(value) for value in values), default=0.0) or 1.0
    return [Bar(text, value / largest) for value, text in zip(values, texts, strict=True)]
