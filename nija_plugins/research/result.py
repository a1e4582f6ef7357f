"""One freqtrade backtest result, read from the zip that freqtrade wrote."""

import json
import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import pandas as pd

from nija_plugins.brief import cause

POINTER = ".last_result.json"
NIJA = "NijaMicro"

UNREADABLE = (
    *(OSError, EOFError, BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError),
    *(LookupError, ValueError, TypeError, AttributeError),
)
"""What reading raises when something in the file is damaged, or another file."""


class ResultError(ValueError):
    """No readable backtest result; the message says where it was looked for."""


@dataclass(frozen=True)
class Result:
    """A backtest of one strategy.

    `statistics` is freqtrade's own; `trades` has a row per trade; `equity` is the wallet's worth in
    stake currency per candle as freqtrade captures it (index: UTC); `nija_run` is what NIJA added:
    tier changes, refusals, and its own equity day by day.
    """

    path: Path
    strategy: str
    exchange: str
    statistics: dict[str, Any]
    trades: pd.DataFrame
    equity: pd.Series
    nija_run: dict[str, Any]

    @property
    def worst_day(self) -> float:
        """The lowest equity within a UTC day against that day's opening; a fraction ≤ 0.

        NIJA's own equity: marked at closed candles, every fee to get out deducted.
        """
        return float(self.nija_run["equity"]["worst_day"])

    @property
    def drawdown(self) -> float:
        """The deepest fall of NIJA's own equity below its peak so far; a fraction ≥ 0."""
        return float(self.nija_run["equity"]["drawdown"])


def latest(directory: Path, strategy: str | None = None) -> Result:
    """The newest result in `directory`. Raises ResultError."""
    try:
        name = json.loads((directory / POINTER).read_text())["latest_backtest"]
    except (OSError, ValueError, KeyError):
        if not directory.parent.is_dir():
            raise ResultError(
                f"There is no {directory.parent} here. Run nija from the repository's folder."
            ) from None
        raise ResultError(
            f"No backtest result in {directory}. Make one: freqtrade backtesting --strategy "
            f"{NIJA} (with `nija offline` before it, without a network)."
        ) from None
    return read(directory / name, strategy)


def found(path: Path, strategy: str | None = None) -> Result:
    """The result in the zip file `path`, or the newest in that folder; see `read`."""
    return (latest if path.is_dir() or not path.suffix else read)(path, strategy)


def read(path: Path, strategy: str | None = None) -> Result:
    """The result of `strategy` in the zip file `path`; None: NijaMicro's, or the only one there.
    Raises ResultError."""
    name = strategy or NIJA
    try:
        with ZipFile(path) as archive:
            stem = path.stem
            found = json.loads(archive.read(f"{stem}.json"))["strategy"]
            if strategy is None and len(found) == 1:
                (name,) = found
            statistics = found[name]
            config = json.loads(archive.read(f"{stem}_config.json"))
            wallet = pd.read_feather(BytesIO(archive.read(f"{stem}_{name}_wallet.feather")))
        return Result(
            path=path,
            strategy=name,
            exchange=config["exchange"]["name"],
            statistics=statistics,
            trades=pd.DataFrame(statistics["trades"]),
            equity=_equity(wallet),
            nija_run=dict(config.get("nija_run", {})),
        )
    except UNREADABLE as error:
        raise ResultError(f"{path} is no readable result of {name}: {cause(error)}") from None


def _equity(wallet: pd.DataFrame) -> pd.Series:
    """What all currencies were worth together, per candle."""
    worth = wallet.groupby("date")["total_quote"].sum()
    return worth.sort_index()
