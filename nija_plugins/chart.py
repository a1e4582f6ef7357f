"""What FreqUI and `freqtrade plot-dataframe` draw: the market as NIJA reads it, as numbers.

A chart can draw prices and numbers, so the plan becomes two prices and the regime a step.
"""

from typing import Any

import pandas as pd

from nija_plugins.view import Regime

LEVELS = {
    Regime.CRISIS: -2.0,
    Regime.TRENDING_DOWN: -1.0,
    Regime.RANGING: 0.0,
    Regime.TRENDING_UP: 1.0,
    Regime.BREAKOUT: 2.0,
}
"""The regime as a step, from the worst market to buy in to the best; unknown is not drawn."""

PLOT_CONFIG: dict[str, Any] = {
    "main_plot": {
        "nija_stop_price": {"color": "#c0392b"},
        "nija_target_price": {"color": "#27ae60"},
    },
    "subplots": {
        "Score": {"nija_score": {"color": "#2c3e50"}},
        "Confidence": {"nija_confidence": {"color": "#8e44ad"}},
        "Regime": {"nija_regime_level": {"color": "#2980b9"}},
    },
}
"""freqtrade's `plot_config`."""


def add_prices(dataframe: pd.DataFrame) -> pd.DataFrame:
    """`dataframe` (with NIJA's columns) and where an entry after each candle would have its stop
    and its target, in stake currency, and the regime's level."""
    levels = {regime.value: level for regime, level in LEVELS.items()}
    return dataframe.assign(
        nija_stop_price=dataframe["close"] * (1 - dataframe["nija_stop"]),
        nija_target_price=dataframe["close"] * (1 + dataframe["nija_target"]),
        nija_regime_level=dataframe["nija_regime"].map(levels).astype(float),
    )
