"""Hourly candles beyond the dataframe: what download-data stored, and what the bot saw since.

Everything goes through freqtrade's data handler, so that a backtest finds what the bot kept. A file
that does not join on to what the exchange says now is never added to: freqtrade's download-data
starts at a file's last candle, and a hole before it would stay for ever.
"""

import logging
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from filelock import FileLock, Timeout
from freqtrade.data.converter import ohlcv_fill_up_missing_data
from freqtrade.data.history.datahandlers.idatahandler import IDataHandler, get_datahandler
from freqtrade.enums import CandleType

from nija_plugins.candles.history import CANDLES
from nija_plugins.entry import Mode
from nija_plugins.modes import mode_of

logger = logging.getLogger(__name__)

TIMEFRAME = "1h"
HOUR = pd.Timedelta(hours=1)
LOCK = ".nija-candles.lock"
PATIENCE = 10
"""Seconds to wait for another process that writes candles."""
KEPT_EVERY = pd.Timedelta(days=1)
"""How far a file may fall behind a running bot. A bot that starts sees the last 29 days anyway, so
nothing is lost; and a home server's SD card is spared a file per pair and hour."""
DISAGREEMENT = 0.02
"""Between two closes of one hour, as a fraction: more, and they are of two markets."""


def candle_type(config: Mapping[str, Any]) -> CandleType:
    """What kind of candles `config` trades on. freqtrade fills in its `candle_type_def` at a bot's
    start; a command's configuration has none."""
    default = CandleType.get_default(config.get("trading_mode") or "spot")
    return CandleType.from_string(str(config.get("candle_type_def") or default))


class Archive:
    """The candles of every pair, as far back as they are known."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        folder = config.get("datadir")
        self._folder = Path(folder) if folder else None
        self._format: str | None = config.get("dataformat_ohlcv")
        self._kind = candle_type(config)
        self._mode: Mode = mode_of(config)
        self._known: dict[str, pd.DataFrame] = {}
        self._stored: dict[str, tuple[pd.Timestamp, pd.Timestamp]] = {}
        self._files: dict[str, _File] = {}
        self._cuts: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = {}
        self._plans: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = {}
        self._said: set[str] = set()

    def add(self, pair: str, candles: pd.DataFrame) -> bool:
        """What the exchange says now; whether it is what is known of the pair from now on. A
        running bot keeps it on disk, a backtest does neither."""
        if self._mode == "backtest" or self._folder is None or not len(candles):
            return False
        seen = candles[CANDLES]
        try:
            if self._due(pair, seen):
                with FileLock(self._folder / LOCK, timeout=PATIENCE):
                    merged, joins = self._kept(pair, seen)
            else:
                merged, joins = self._joined(pair, self._files[pair].candles, seen)
            if joins:  # most of it was filled before
                merged = _from_the_first_of(seen, self._files[pair].filled)
        except (OSError, Timeout) as error:
            self._warn(f"{pair}: the candles of today are not kept on disk: {error}")
            before = self._known.get(pair, seen.iloc[:0])
            merged, _ = self._joined(pair, before, seen)
        self._known[pair] = _filled(merged, pair)
        return True

    def _due(self, pair: str, seen: pd.DataFrame) -> bool:
        """Whether the pair's file must be looked at: it was not for a day, or has changed since."""
        last = self._files.get(pair)
        return (
            last is None
            or seen["date"].iloc[-1] - last.looked_at >= KEPT_EVERY
            or last.state != _state(self._path(pair))
        )

    def _kept(self, pair: str, seen: pd.DataFrame) -> tuple[pd.DataFrame, bool]:
        """`_joined` with what is stored, where it is written if it joins."""
        stored = self._read(pair)
        merged, joins = self._joined(pair, stored, seen)
        if joins and merged["date"].iloc[-1] > stored["date"].iloc[-1]:
            self._write(pair, merged)
            stored = merged
        state = _state(self._path(pair))
        self._files[pair] = _File(stored, _filled(stored, pair), seen["date"].iloc[-1], state)
        return merged, joins

    def before(self, pair: str, moment: pd.Timestamp) -> pd.DataFrame:
        """The known candles of `pair` that opened before `moment`: consecutive hours from 0 on. The
        same object, while they are the same candles."""
        if pair not in self._known:
            self._known[pair] = _filled(self._read(pair), pair)
        known = self._known[pair]
        count = int(known["date"].searchsorted(moment))
        last = self._cuts.get(pair)
        if last is not None and last[0] is known and len(last[1]) == count:
            return last[1]
        cut = known.iloc[:count]
        if last is not None and cut.equals(last[1]):
            cut = last[1]
        self._cuts[pair] = (known, cut)
        return cut

    def extended(self, pair: str, dataframe: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
        """The candles before `dataframe`, and its own, as far as they opened before `moment`."""
        own = dataframe[CANDLES]
        own = own.iloc[: int(own["date"].searchsorted(moment))]
        older = self.before(pair, min(moment, dataframe["date"].iloc[0]))
        if not len(own):
            return older
        if not len(older):
            return own.reset_index(drop=True)
        return _filled(_stacked(older, own), pair)

    def planned(self, pair: str, candles: pd.DataFrame) -> pd.DataFrame | None:
        """What `remember` was told last for the pair, if it was for exactly these candles."""
        if pair not in self._plans:
            return None
        known, planned = self._plans[pair]
        return planned if known is candles or known.equals(candles) else None

    def remember(self, pair: str, candles: pd.DataFrame, planned: pd.DataFrame) -> None:
        """Keeps the latest plan of a pair's candles."""
        self._plans[pair] = (candles, planned)

    def contents(self, pairs: tuple[str, ...]) -> str:
        """A hash of the files that a backtest learns from."""
        found = blake2b(digest_size=16)
        for pair in pairs if self._folder else ():
            path = self._path(pair)
            if path.is_file():
                found.update(pair.encode() + b"\0" + path.read_bytes())
        return found.hexdigest()

    def last(self, pairs: tuple[str, ...]) -> pd.Timestamp | None:
        """When the last known candle of any of `pairs` opened."""
        for pair in pairs:
            self.before(pair, pd.Timestamp("2262-01-01", tz="UTC"))
        found = [self._known[pair]["date"].iloc[-1] for pair in pairs if len(self._known[pair])]
        return max(found, default=None)

    def command(self, pair: str, since: pd.Timestamp, exchange: str) -> str:
        """The freqtrade command that fetches the pair's candles from `since` on."""
        # download-data continues a file at its end: what is missing before it takes a new one.
        first, last = self._stored.get(pair, (None, None))
        erase = " --erase" if first is not None and last is not None and since < last else ""
        trades = " --dl-trades" if exchange == "kraken" else ""  # its candles reach back 30 days
        return (
            f"freqtrade download-data --timeframes 1h 1d --timerange {since:%Y%m%d}-{erase}{trades}"
        )

    def _joined(
        self, pair: str, stored: pd.DataFrame, seen: pd.DataFrame
    ) -> tuple[pd.DataFrame, bool]:
        """Both together, and whether they overlap and agree."""
        if not len(stored):
            return seen.reset_index(drop=True), False
        first, last = seen["date"].iloc[0], stored["date"].iloc[-1]
        if first > last:
            if first > last + HOUR:
                self._warn(
                    f"{pair}: the candles from {last + HOUR:%Y-%m-%d %H:%M} to "
                    f"{first:%Y-%m-%d %H:%M} UTC are missing. Run: "
                    "freqtrade download-data --timeframes 1h 1d"
                )
            return _stacked(stored, seen), False
        overlap = int(stored["date"].searchsorted(first))
        if _disagreement(stored.iloc[overlap:-1], seen) > DISAGREEMENT:  # the last is unfinished
            self._warn(
                f"{pair}: the stored candles in {self._folder} are not of the market the exchange "
                "shows; they are not used."
            )
            self._stored.pop(pair, None)
            return seen.reset_index(drop=True), False
        return _stacked(stored.iloc[:overlap], seen), True

    def _read(self, pair: str) -> pd.DataFrame:
        """What is stored; empty when nothing is or when it cannot be read."""
        nothing = pd.DataFrame({name: pd.Series(dtype=float) for name in CANDLES}).astype(
            {"date": "datetime64[ms, UTC]"}
        )
        self._stored.pop(pair, None)
        if self._folder is None or not self._path(pair).is_file():
            return nothing
        try:
            found: pd.DataFrame = self._handler(self._folder).ohlcv_load(
                pair, TIMEFRAME, self._kind, fill_missing=False, warn_no_data=False
            )
        except (OSError, ValueError) as error:
            self._warn(f"{self._path(pair)} cannot be read: {error}")
            return nothing
        if not len(found):
            return nothing
        self._stored[pair] = (found["date"].iloc[0], found["date"].iloc[-1])
        return found[CANDLES].reset_index(drop=True)

    def _write(self, pair: str, candles: pd.DataFrame) -> None:
        """Stores all of a pair's candles, whole or not at all."""
        assert self._folder is not None
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=".nija-") as scratch:
            handler = self._handler(Path(scratch))
            handler.ohlcv_store(pair, TIMEFRAME, candles, self._kind)
            written = handler._pair_data_filename(Path(scratch), pair, TIMEFRAME, self._kind)
            with written.open("rb") as file:
                os.fsync(file.fileno())
            written.replace(self._path(pair))
        self._stored[pair] = (candles["date"].iloc[0], candles["date"].iloc[-1])

    def _path(self, pair: str) -> Path:
        assert self._folder is not None
        handler = self._handler(self._folder)
        return Path(handler._pair_data_filename(self._folder, pair, TIMEFRAME, self._kind))

    def _handler(self, folder: Path) -> IDataHandler:
        return get_datahandler(folder, self._format)

    def _warn(self, message: str) -> None:
        if message not in self._said:
            self._said.add(message)
            logger.warning(message)


@dataclass(frozen=True, slots=True)
class _File:
    """A pair's file as it was found or written when the bot saw the candle `looked_at`, and its
    candles with missing hours filled."""

    candles: pd.DataFrame
    filled: pd.DataFrame
    looked_at: pd.Timestamp
    state: tuple[int, int, int] | None


def _state(path: Path) -> tuple[int, int, int] | None:
    """What changes when somebody writes the file; None when there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _from_the_first_of(seen: pd.DataFrame, older: pd.DataFrame) -> pd.DataFrame:
    """`seen` below what is `older`."""
    return _stacked(older.iloc[: int(older["date"].searchsorted(seen["date"].iloc[0]))], seen)


def _disagreement(one: pd.DataFrame, other: pd.DataFrame) -> float:
    """The largest difference of two closes of one hour, as a fraction; 0 without such an hour."""
    _, mine, theirs = np.intersect1d(
        _seconds(one), _seconds(other), assume_unique=True, return_indices=True
    )
    closes = (frame["close"].to_numpy(dtype=float) for frame in (one, other))
    share = next(closes)[mine] / next(closes)[theirs] - 1
    return float(np.nanmax(np.abs(share), initial=0.0))


def _seconds(candles: pd.DataFrame) -> npt.NDArray[np.int64]:
    """When each candle opened, in seconds since 1970 (UTC)."""
    return candles["date"].to_numpy(dtype="datetime64[s]").astype(np.int64)


def _stacked(older: pd.DataFrame, newer: pd.DataFrame) -> pd.DataFrame:
    """Both below each other; dates count in one unit, or pandas makes objects of them."""
    parts = [part.assign(date=part["date"].dt.as_unit("ms")) for part in (older, newer)]
    return pd.concat(parts, ignore_index=True)


def _filled(candles: pd.DataFrame, pair: str) -> pd.DataFrame:
    """Consecutive hours: a missing one is flat and without volume, as freqtrade fills it."""
    if (np.diff(_seconds(candles)) == HOUR.total_seconds()).all():
        return candles
    filled: pd.DataFrame = ohlcv_fill_up_missing_data(candles, TIMEFRAME, pair)
    return filled[CANDLES].reset_index(drop=True)
