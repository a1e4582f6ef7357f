"""Numbers and names as a person reads them."""

from html import escape
from math import isfinite
from typing import Any

import pandas as pd

NOTHING = "–"


def money(amount: float, sign: bool = False) -> str:
    """1234.5 → $1,234.50; a true minus before the dollar sign."""
    if not isfinite(amount):
        return NOTHING
    rounded = round(amount, 2) + 0.0
    before = "−" if rounded < 0 else "+" if sign and rounded > 0 else ""
    return f"{before}${abs(rounded):,.2f}"


def percent(fraction: float, digits: int = 1, sign: bool = False) -> str:
    """0.123 → 12.3%; a true minus."""
    if not isfinite(fraction):
        return NOTHING
    rounded = round(fraction * 100, digits) + 0.0
    return f"{rounded:{'+' if sign and rounded else ''}.{digits}f}%".replace("-", "−")


def number(value: float, digits: int = 2, sign: bool = False) -> str:
    """With a true minus."""
    if not isfinite(value):
        return NOTHING
    rounded = round(value, digits) + 0.0
    return f"{rounded:{'+' if sign and rounded else ''},.{digits}f}".replace("-", "−")


def price(rate: float) -> str:
    """Six significant digits, without an exponent."""
    if not isfinite(rate):
        return NOTHING
    digits = max(0, 5 - len(f"{int(abs(rate))}") + 1) if abs(rate) >= 1 else 8
    text = f"{rate:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def day(moment: Any) -> str:
    """2024-03-05."""
    return f"{pd.Timestamp(moment):%Y-%m-%d}"


def minute(moment: pd.Timestamp) -> str:
    """2024-03-05 12:00, in UTC."""
    return f"{moment:%Y-%m-%d %H:%M}"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """1 trade, 2 trades."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def readable(name: str) -> str:
    """`trade_filter.reward_risk` → `reward risk`."""
    return name.rpartition(".")[2].replace("_", " ")


def harmless(text: str) -> str:
    """Text for Plotly, which takes some HTML in labels: it shows what it is given, and no more."""
    return escape(str(text), quote=False)
