"""Do candidates win as often as the AI filter promised? A picture, with matplotlib."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd

BINS = 5


@dataclass(frozen=True, slots=True)
class Bin:
    """Candidates of similar promise: the mean promised chance, the share that won with its 95%
    interval (Wilson, 1927; as if they were independent), all fractions, and how many they are."""

    promised: float
    won: float
    low: float
    high: float
    candidates: int


def calibration(judged: pd.DataFrame, bins: int = BINS) -> list[Bin]:
    """`judged` (columns chance and r) in `bins` equally large groups by their chance."""
    ordered = judged.sort_values("chance", kind="stable")
    groups = np.array_split(np.arange(len(ordered)), min(bins, len(ordered)))
    return [_bin(ordered.iloc[group]) for group in groups]


def _bin(part: pd.DataFrame) -> Bin:
    wins = int((part["r"] > 0).sum())
    low, high = wilson(wins, len(part))
    return Bin(
        promised=float(part["chance"].mean()),
        won=wins / len(part),
        low=low,
        high=high,
        candidates=len(part),
    )


def wilson(wins: int, of: int) -> tuple[float, float]:
    """The 95% interval of a share, both ends fractions (Wilson, 1927). Here and not from
    scipy.stats, whose import takes longer than all else that a report waits for."""
    share, z = wins / of, NormalDist().inv_cdf(0.975)
    middle = share + z**2 / (2 * of)
    reach = z * sqrt(share * (1 - share) / of + (z / (2 * of)) ** 2)
    whole = 1 + z**2 / of
    return (middle - reach) / whole, (middle + reach) / whole


def draw(parts: Sequence[tuple[str, pd.DataFrame]], file: Path) -> Path:
    """A panel for each named part of the candidates. Raises ImportError without matplotlib."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, len(parts), figsize=(4 * len(parts), 4), squeeze=False)
    for axes, (name, judged) in zip(panels[0], parts, strict=True):
        bins = calibration(judged)
        promised, won = [one.promised for one in bins], [one.won for one in bins]
        below = [one.won - one.low for one in bins]
        above = [one.high - one.won for one in bins]
        axes.plot([0, 1], [0, 1], "--", color="#999999", linewidth=0.8, label="kept promises")
        axes.axhline(
            (judged["r"] > 0).mean(), color="#c0392b", linewidth=0.8, label="all candidates"
        )
        axes.errorbar(promised, won, [below, above], fmt="o-", color="#2c3e50", capsize=3)
        axes.set(xlim=(0, 1), ylim=(0, 1), title=f"{name}, {len(judged)} candidates")
        axes.set_xlabel("promised chance to win")
        axes.legend(fontsize=7, frameon=False, loc="upper left")
    panels[0][0].set_ylabel("share that won")
    figure.tight_layout()
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=110)
    plt.close(figure)
    return file
