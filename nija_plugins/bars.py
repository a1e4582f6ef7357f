"""Completed 4h bars from 1h candles, and the way back, without ever looking ahead.

Decisions are made on 4h bars anchored at 00:00 UTC (00, 04, 08 ...): on 1h bars no entry rule
survives the fees, and Coinbase serves no 4h candles, so they are made here.
"""

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

BAR = 4
"""Base candles (1h each) in one bar."""

KINDS = {
    "date": "datetime64[s]",
    **dict.fromkeys(("open", "high", "low", "close", "volume"), "float64"),
}
"""What a bar is made of, and as what."""

Array = npt.NDArray[Any]


def four_hour_bars(dataframe: pd.DataFrame) -> pd.DataFrame:
    """The completed 4h bars: date (when it opened), open, high, low, close, volume.

    A bar is complete when all four 1h candles are there and their prices are positive numbers;
    others are left out. The index holds the label of the 1h row that completes the bar.
    """
    return _made(dataframe).bars.copy(deep=False)


def decision_rows(dataframe: pd.DataFrame) -> pd.Series:
    """True where a 1h candle completes a 4h bar. Raises ValueError on any other timeframe."""
    return _made(dataframe).rows.copy(deep=False)


@dataclass(frozen=True, slots=True)
class _Made:
    """What was made of candles: of the same ones it need not be made again."""

    candles: tuple[Array, ...]
    index: pd.Index
    rows: pd.Series
    bars: pd.DataFrame

    def is_of(self, candles: tuple[Array, ...], index: pd.Index) -> bool:
        """Whether it was made of these."""
        return index.equals(self.index) and all(
            np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
            for one, other in zip(candles, self.candles, strict=True)
        )


_recent: deque[_Made] = deque(maxlen=2)
"""Every voter asks for the bars of one dataframe: ten times for each pair and candle."""


def _made(dataframe: pd.DataFrame) -> _Made:
    candles = tuple(dataframe[name].to_numpy(dtype=kind) for name, kind in KINDS.items())
    for made in tuple(_recent):
        if made.is_of(candles, dataframe.index):
            return made
    # Copies: whoever changes the dataframe later must not change what is remembered of it.
    made = _make(tuple(column.copy() for column in candles), dataframe)
    _recent.append(made)
    return made


def _make(candles: tuple[Array, ...], dataframe: pd.DataFrame) -> _Made:
    dates, opened, high, low, close, volume = candles
    complete = _complete(dates, np.stack([opened, high, low, close]))
    last = np.flatnonzero(complete)
    members = last[:, None] + np.arange(1 - BAR, 1)  # positions, one row per bar
    bars = pd.DataFrame(
        {
            "date": dataframe["date"].iloc[members[:, 0]].array,
            "open": opened[members[:, 0]],
            "high": high[members].max(axis=1),
            "low": low[members].min(axis=1),
            "close": close[last],
            "volume": volume[members].sum(axis=1),
        },
        index=dataframe.index[last],
    )
    return _Made(candles, dataframe.index, pd.Series(complete, index=dataframe.index), bars)


def _complete(dates: Array, prices: Array) -> Array:
    """Where a 1h candle completes a 4h bar."""
    hours = _hours(dates)
    usable: Array = np.all(np.isfinite(prices) & (prices > 0), axis=0)
    complete: Array = usable & (hours % BAR == BAR - 1)
    for back in range(1, BAR):
        complete[:back] = False
        complete[back:] &= usable[:-back] & (hours[back:] - hours[:-back] == back)
    return complete


def onto_base(values: pd.Series, dataframe: pd.DataFrame) -> pd.Series:
    """Values of `four_hour_bars(dataframe)` on the rows of `dataframe`.

    The row that completes a bar and all after it carry the bar's value until the next bar
    completes; rows before the first bar are missing. A missing value is carried as missing.
    """
    ends = dataframe.index.get_indexer(values.index)
    bar = np.repeat(np.arange(-1, len(ends)), np.diff(ends, prepend=0, append=len(dataframe)))
    return pd.Series(values.array.take(bar, allow_fill=True), index=dataframe.index)


def _hours(dates: Array) -> npt.NDArray[np.int64]:
    """When each candle opens, in hours since 1970 (UTC)."""
    seconds = dates.astype(np.int64)
    steps = np.diff(seconds)
    if len(steps) and (steps.min() != 3600 or seconds[0] % 3600):
        raise ValueError(
            f"NIJA decides on 4h bars made of 1h candles; the timeframe here is "
            f'{_name(int(steps.min()))}. Set "timeframe": "1h".'
        )
    return seconds // 3600


def _name(seconds: int) -> str:
    """3600 → "1h", 900 → "15m"."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
