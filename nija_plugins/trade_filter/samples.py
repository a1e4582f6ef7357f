"""One pair's candidates with their features and outcomes, from its candles and plan."""

from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from nija_plugins.bars import four_hour_bars
from nija_plugins.trade_filter.candidates import above_channel
from nija_plugins.trade_filter.features import NAMES, features
from nija_plugins.trade_filter.labels import outcomes

HOUR = 3600


def samples(
    history: pd.DataFrame, fee: float, time_stop: timedelta, where: pd.Series | None = None
) -> pd.DataFrame:
    """A row per candidate with known features and outcome, in the order of time.

    `history` is a pair's frame of `nija_plugins.candles.history`. Columns: `entered` and `left`
    (seconds since 1970, UTC), the features, and `r` (see `labels`). `where`, over the candles,
    takes other rows than the candidates.
    """
    bars = four_hour_bars(history)
    table = features(bars)
    rows = history.index.get_indexer(bars.index)
    plan = history[["nija_stop", "nija_trail"]].to_numpy(dtype=float)[rows]
    known = table.notna().all(axis=1).to_numpy() & (plan > 0).all(axis=1)
    asked = above_channel(bars) if where is None else where.loc[bars.index]
    chosen = asked.to_numpy(dtype=bool) & known
    found = outcomes(
        history,
        rows[chosen],
        plan[chosen, 0],
        plan[chosen, 1],
        fee=fee,
        longest=int(time_stop.total_seconds()) // HOUR,
    )
    opened = seconds(history["date"])
    table = pd.DataFrame(table[chosen]).reset_index(drop=True)
    table.insert(0, "entered", opened[rows[chosen]] + HOUR)
    table.insert(1, "left", np.where(found.left >= 0, opened[found.left] + HOUR, -1))
    table["r"] = found.r
    return table.dropna(subset="r", ignore_index=True)


def pooled(
    tables: dict[str, pd.DataFrame], first: pd.Timestamp, last: pd.Timestamp
) -> pd.DataFrame:
    """The samples of all pairs that were entered in [first, last), in the order of time."""
    begin, end = first.timestamp(), last.timestamp()
    chosen = [
        table[(table["entered"] >= begin) & (table["entered"] < end)].assign(pair=pair)
        for pair, table in sorted(tables.items())
    ]
    if not chosen:
        return pd.DataFrame(columns=["entered", "left", *NAMES, "r", "pair"])
    return pd.concat(chosen).sort_values(["entered", "pair"], ignore_index=True)


def seconds(dates: pd.Series) -> npt.NDArray[np.int64]:
    """Seconds since 1970 (UTC)."""
    return dates.to_numpy(dtype="datetime64[s]").astype(np.int64)
