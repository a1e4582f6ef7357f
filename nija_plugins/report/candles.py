"""The candles around a trade, few enough to see them."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nija_plugins.plans import FrozenPlan

HOUR = 3600
STEPS = (1, 2, 4, 8, 12, 24, 72)
"""Hours that a drawn bar may span; a divisor or a multiple of a day."""
BARS = 110
"""About how many bars are drawn."""


class Candles:
    """Stored hourly candles of a folder, read once a pair."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.missing: set[str] = set()
        """Pairs that were asked for and are not there."""
        self._read: dict[str, pd.DataFrame | None] = {}

    def around(self, trade: Any) -> dict[str, list[Any]] | None:
        """Bars around `trade` (a row of `Performance.trades`), and the stop as it was planned and
        trailed while each was open: lists t (ms, UTC), o, h, l, c, s. None where no candle is."""
        candles = self._of(trade.pair)
        if candles is None:
            return None
        opened, closed = trade.opened.timestamp(), trade.closed.timestamp()
        margin = max(0.3 * (closed - opened), 12 * HOUR)
        first, last = candles["start"].searchsorted([opened - margin, closed + margin])
        part = candles.iloc[first:last]
        if part.empty:
            return None
        step = next((one for one in STEPS if len(part) / one <= BARS), STEPS[-1]) * HOUR
        number = part["start"].to_numpy() // step
        begins = np.flatnonzero(np.diff(number, prepend=number[0] - 1))
        starts = number[begins] * step
        return {
            "t": [int(one) * 1000 for one in starts],
            "o": _short(part["open"].to_numpy()[begins]),
            "h": _short(np.maximum.reduceat(part["high"].to_numpy(), begins)),
            "l": _short(np.minimum.reduceat(part["low"].to_numpy(), begins)),
            "c": _short(part["close"].to_numpy()[np.append(begins[1:], len(part)) - 1]),
            "s": _stops(trade, part, starts, opened, closed),
        }

    def _of(self, pair: str) -> pd.DataFrame | None:
        if pair not in self._read:
            self._read[pair] = self._load(pair)
            if self._read[pair] is None:
                self.missing.add(pair)
        return self._read[pair]

    def _load(self, pair: str) -> pd.DataFrame | None:
        from freqtrade.misc import pair_to_filename  # ccxt comes with it

        if not self.folder:
            return None
        name = f"{pair_to_filename(pair)}-1h"
        future = self.folder / "futures" / f"{name}-futures.feather"
        file = future if ":" in pair else self.folder / f"{name}.feather"
        if not file.is_file():
            return None
        candles = pd.read_feather(file, columns=["date", "open", "high", "low", "close"])
        starts = candles["date"].dt.as_unit("s").astype("int64")
        return candles.assign(start=starts)


def _stops(
    trade: Any, part: pd.DataFrame, starts: np.ndarray, opened: float, closed: float
) -> list[float | None]:
    if not np.isfinite(trade.stop):
        return [None] * len(starts)
    plan = FrozenPlan(stop=trade.stop, trail=trade.trail)
    ends = part["start"].to_numpy() + HOUR
    highest = part["close"].where(pd.Series(ends > opened, index=part.index)).cummax().to_numpy()
    stops: list[float | None] = []
    for start, following in zip(starts, [*starts[1:], np.inf], strict=True):
        if following <= opened or start > closed:
            stops.append(None)
            continue
        row = int(ends.searchsorted(max(start, opened), side="right")) - 1
        best = float(highest[row]) if row >= 0 and np.isfinite(highest[row]) else None
        stops.append(float(f"{plan.stop_price(trade.open_rate, best):.6g}"))
    return stops


def _short(values: np.ndarray) -> list[float]:
    return [float(f"{one:.6g}") for one in values]
