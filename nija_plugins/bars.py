"""Completed 4h bars from 1h candles, and the way back, without ever looking ahead.

Decisions are made on 4h bars anchored at 00:00 UTC (00, 04, 08 ...): on 1h bars no entry rule
survives the fees, and Coinbase serves no 4h candles, so they are made here.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

BAR = 4
"""Base candles (1h each) in one bar."""

PRICES = ["open", "high", "low", "close"]


def four_hour_bars(dataframe: pd.DataFrame) -> pd.DataFrame:
    """The completed 4h bars: date (when it opened), open, high, low, close, volume.

    A bar is complete when all four 1h candles are there and their prices are positive numbers;
    others are left out. The index holds the label of the 1h row that completes the bar.
    """
    last = np.flatnonzero(decision_rows(dataframe).to_numpy())
    candles = last[:, None] + np.arange(1 - BAR, 1)  # positions, one row per bar
    high, low, volume = (
        dataframe[name].to_numpy(dtype=float) for name in ("high", "low", "volume")
    )
    return pd.DataFrame(
        {
            "date": dataframe["date"].iloc[candles[:, 0]].array,
            "open": dataframe["open"].to_numpy(dtype=float)[candles[:, 0]],
            "high": high[candles].max(axis=1),
            "low": low[candles].min(axis=1),
            "close": dataframe["close"].to_numpy(dtype=float)[last],
            "volume": volume[candles].sum(axis=1),
        },
        index=dataframe.index[last],
    )


def decision_rows(dataframe: pd.DataFrame) -> pd.Series:
    """True where a 1h candle completes a 4h bar. Raises ValueError on any other timeframe."""
    hours = _hours(dataframe)
    prices = dataframe[PRICES].to_numpy(dtype=float)
    usable = (np.isfinite(prices) & (prices > 0)).all(axis=1)
    complete = usable & (hours % BAR == BAR - 1)
    for back in range(1, BAR):
        complete[:back] = False
        complete[back:] &= usable[:-back] & (hours[back:] - hours[:-back] == back)
    return pd.Series(complete, index=dataframe.index)


def onto_base(values: pd.Series, dataframe: pd.DataFrame) -> pd.Series:
    """Values of `four_hour_bars(dataframe)` on the rows of `dataframe`.

    The row that completes a bar and all after it carry the bar's value until the next bar
    completes; rows before the first bar are missing. A missing value is carried as missing.
    """
    ends = dataframe.index.get_indexer(values.index)
    bar = np.searchsorted(ends, np.arange(len(dataframe)), side="right") - 1
    return pd.Series(values.array.take(bar, allow_fill=True), index=dataframe.index)


def _hours(dataframe: pd.DataFrame) -> npt.NDArray[np.int64]:
    """When each candle opens, in hours since 1970 (UTC)."""
    seconds = dataframe["date"].to_numpy(dtype="datetime64[s]").astype(np.int64)
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
