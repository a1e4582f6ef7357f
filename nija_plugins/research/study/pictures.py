"""The pictures of docs/, drawn with matplotlib (`pip install -e .[research]`).

    python -m nija_plugins.research.study.pictures

draws the regimes of docs/market.md from synthetic candles; `make results` draws the accounts.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd

from nija_plugins.regime import engine
from nija_plugins.settings import Settings
from nija_plugins.view import Regime

mpl.use("Agg")

from matplotlib import pyplot as plt

IMAGES = Path("docs/img")
COLOURS = {
    Regime.TRENDING_UP: "#b7e1cd",
    Regime.TRENDING_DOWN: "#f4c7c3",
    Regime.RANGING: "#e8eaed",
    Regime.BREAKOUT: "#c9daf8",
    Regime.CRISIS: "#ea9999",
    Regime.UNKNOWN: "#ffffff",
}
HOURS = 1_000
"""Made for a picture; the last `SHOWN` of them are drawn, what comes before warms up."""
SHOWN = 320


def accounts(file: Path, months: Mapping[str, Mapping[str, list[list[Any]]]]) -> Path:
    """The account's worth month by month, a line per fee and half, from {fee: {half: [[month,
    worth], ...]}}."""
    figure, axes = plt.subplots(figsize=(8, 3))
    for (fee, halves), style in zip(months.items(), ("-", "--"), strict=False):
        for half, points in halves.items():
            when = pd.to_datetime([f"{month}-28" for month, _ in points])
            colour = "#2c3e50" if half.startswith("2021") else "#c0392b"
            label = f"{fee}, {half}"
            axes.plot(when, [worth for _, worth in points], style, color=colour, label=label)
    axes.axhline(100, color="#999999", linewidth=0.7)
    axes.set_ylabel("account, USD")
    axes.legend(fontsize=7, frameon=False)
    return _saved(figure, file)


def markets() -> dict[Regime, np.ndarray[Any, Any]]:
    """Closes of a synthetic market that ends in each regime."""
    hours = np.arange(HOURS)
    noise = np.random.default_rng(11).normal(0, 0.0025, HOURS)
    calm = 100 * np.exp(noise + 0.006 * np.sin(hours / 9))
    late = np.clip(hours - (HOURS - 60), 0, None)
    return {
        Regime.TRENDING_UP: calm * np.exp(0.0009 * np.clip(hours - 640, 0, None)),
        Regime.TRENDING_DOWN: calm * np.exp(-0.0009 * np.clip(hours - 640, 0, None)),
        Regime.RANGING: calm,
        Regime.BREAKOUT: calm * np.exp(0.0022 * late),
        Regime.CRISIS: calm * np.exp(-0.0075 * np.clip(hours - (HOURS - 30), 0, None)),
    }


def candles(closes: np.ndarray[Any, Any]) -> pd.DataFrame:
    """1h candles through `closes`, with small wicks."""
    opens = np.concatenate([closes[:1], closes[:-1]])
    return pd.DataFrame(
        {
            "date": pd.date_range("2024-01-01", periods=len(closes), freq="1h", tz="UTC"),
            "open": opens,
            "high": np.maximum(opens, closes) * 1.002,
            "low": np.minimum(opens, closes) * 0.998,
            "close": closes,
            "volume": 100.0,
        }
    )


def regime(file: Path, closes: np.ndarray[Any, Any]) -> Path:
    """The last hours of a market, the background telling what the engine called each of them."""
    frame = candles(closes)
    told = engine.nija_regime(frame, Settings.load({}, {})).iloc[-SHOWN:]
    shown = frame.iloc[-SHOWN:]
    figure, axes = plt.subplots(figsize=(6, 2))
    changes = (told != told.shift()).cumsum()
    named: set[Regime] = set()
    for _, stretch in told.groupby(changes):
        first, last = shown["date"][stretch.index[0]], shown["date"][stretch.index[-1]]
        name = Regime(stretch.iloc[0])
        end = last + pd.Timedelta(hours=1)
        words = None if name in named else name.value.replace("_", " ")
        named.add(name)
        axes.axvspan(first, end, color=COLOURS[name], linewidth=0, label=words)
    axes.plot(shown["date"], shown["close"], color="#2c3e50", linewidth=1)
    axes.set_xlim(shown["date"].iloc[0], shown["date"].iloc[-1])
    axes.set_xticks([])
    axes.set_yticks([])
    axes.legend(fontsize=7, loc="upper left", ncols=3)
    return _saved(figure, file)


def _saved(figure: Any, file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.tight_layout()
    figure.savefig(file, dpi=90, metadata={"Software": None})
    plt.close(figure)
    return file


if __name__ == "__main__":
    for name, closes in markets().items():
        regime(IMAGES / f"regime-{name.value.replace('_', '-')}.png", closes)
