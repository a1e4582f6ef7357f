"""Figures as Markdown: numbers a person can compare, and tables of them."""

from collections.abc import Sequence
from typing import Any

MISSING = "–"
COLUMNS: dict[str, str] = {
    "total_return": "return",
    "drawdown": "drawdown",
    "worst_day": "worst day",
    "sharpe": "Sharpe",
    "sortino": "Sortino",
    "calmar": "Calmar",
    "profit_factor": "profit factor",
    "trades": "trades",
    "exposure": "exposure",
    "fees": "fees",
}
SHARES = ("total_return", "drawdown", "worst_day", "exposure")


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def percent(value: float | None, digits: int = 1) -> str:
    """0.123 → 12.3%; a true minus sign."""
    return MISSING if value is None else f"{value:.{digits}%}".replace("-", "−")


def number(value: float | None, digits: int = 2) -> str:
    """With a true minus sign."""
    return MISSING if value is None else f"{value:.{digits}f}".replace("-", "−")


def cells(figures: dict[str, Any] | None) -> list[str]:
    """One backtest's figures by `COLUMNS`; dashes where it has not been run."""
    if figures is None:
        return [MISSING] * len(COLUMNS)
    return [_cell(name, figures[name]) for name in COLUMNS]


def _cell(name: str, value: Any) -> str:
    if name in SHARES:
        return percent(value)
    if name == "trades":
        return f"{value:.1f}".removesuffix(".0")
    if name == "fees":
        return f"${value:.2f}"
    return number(value)


def mean_of(several: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The mean of each column over backtests that differ in a seed only; None if one lacks it."""
    return {
        name: None
        if any(one[name] is None for one in several)
        else round(sum(one[name] for one in several) / len(several), 6)
        for name in COLUMNS
    }
