"""The longer past that a filter learns from, of every pair that may be traded.

`nija_confidence` gets it beside the dataframe. It ends with the dataframe's last candle; which of
its candles a row may use is for the plugin to see to, as with the dataframe itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path

import pandas as pd

CANDLES = ["date", "open", "high", "low", "close", "volume"]
PLANNED = ["nija_stop", "nija_target", "nija_trail"]

Load = Callable[[str, pd.Timestamp], pd.DataFrame]
"""The candles of a pair that opened before a moment."""


def _download(pair: str, since: pd.Timestamp) -> str:
    return f"freqtrade download-data --pairs {pair} --timeframes 1h --timerange {since:%Y%m%d}-"


@dataclass(frozen=True)
class History:
    """Candles and plans of all pairs up to one candle, and what a trade on them costs.

    `pairs` are one per asset of `trade_only`, and the dataframe's own. `fee` is the fraction paid
    on each side; `time_stop` how long a trade lasts at most. `cache` is a folder for what should
    outlive the process, None where there is none. `ends` is when the last candle opened (UTC).
    """

    pairs: tuple[str, ...]
    ends: pd.Timestamp
    fee: float
    time_stop: timedelta
    load: Load
    cache: Path | None = None
    command: Callable[[str, pd.Timestamp], str] = _download
    """The command that fetches a pair's candles from a moment (UTC) on."""

    def before(self, pair: str, moment: pd.Timestamp) -> pd.DataFrame:
        """The hourly candles of `pair` that opened before `moment` and by `ends`: date, open, high,
        low, close, volume, and the plan of each (nija_stop, nija_target, nija_trail).

        Consecutive hours, from 0 on; an hour without a trade is flat and has volume 0. Empty where
        nothing is known. Raises PluginFailure when the plan cannot be made.
        """
        return self.load(pair, min(moment, self.ends + pd.Timedelta(hours=1)))


def without_plan(candles: pd.DataFrame) -> pd.DataFrame:
    """`candles` as a history in which nobody plans."""
    return candles[CANDLES].reset_index(drop=True).assign(**dict.fromkeys(PLANNED, float("nan")))


def digest(*parts: pd.DataFrame | object) -> str:
    """A hash of the values of tables, and of the repr of anything else."""
    found = blake2b(digest_size=16)
    for part in parts:
        if isinstance(part, pd.DataFrame):
            for name, column in part.items():
                found.update(f"{name} {len(column)}".encode())
                dated = isinstance(column.dtype, pd.DatetimeTZDtype)
                values = column.to_numpy("datetime64[s]") if dated else column.to_numpy()
                plain = values.dtype.kind in "biufM"
                found.update(values.tobytes() if plain else repr(values.tolist()).encode())
        else:
            found.update(repr(part).encode())
    return found.hexdigest()
