"""Where the simulated exchange gets its candles: the synthetic market, or files.

A source serves what an exchange would show at `now`: closed candles, and as the last row the one
that is still forming. Everything is built from hourly candles.
"""

from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from nija_plugins.venue.market import generator
from nija_plugins.venue.market.forming import Candle, as_row, forming

HOUR = timedelta(hours=1)
_QUOTES = ("USD", "USDT", "USDC")
_PRICES = ["open", "high", "low", "close", "volume"]


class UnknownTimeframe(ValueError):
    """A timeframe that hourly candles cannot make."""


class NoCandles(ValueError):
    """A candle directory without hourly candles that the venue could serve."""


class CandleSource(ABC):
    """Hourly candles, and every whole multiple of an hour made from them."""

    assets: tuple[str, ...]
    """What can be asked for, such as `BTC`."""

    @abstractmethod
    def hours(self, asset: str, start: datetime, end: datetime) -> pd.DataFrame:
        """Complete hourly candles with start ≤ date < end; columns as in `generator.COLUMNS`."""

    def candles(
        self, pair: str, timeframe: str | int, start: datetime, end: datetime, now: datetime
    ) -> pd.DataFrame:
        """The candles of `pair` (`BTC/USD`) that open in [start, end), as visible at `now`.

        `timeframe` is `1h`, `4h`, `1d`, `1w`, or minutes. The last row is the forming candle when
        `now` lies before its end. Raises UnknownTimeframe below or between whole hours.
        """
        step = timedelta(minutes=_minutes(timeframe))
        first = _ceil(start, step)
        # A last candle that opens before `end` reaches beyond it.
        rows = self.hours(_asset(pair), first, min(_ceil(end, step), now))
        rows = _as_seen(rows, now)
        if step > HOUR and len(rows):
            rows = _aggregate(rows, step)
        return rows

    def last_price(self, pair: str, now: datetime) -> float | None:
        """The price of the last trade at `now`, None before the first candle."""
        asset = _asset(pair)
        rows = self.hours(asset, now - HOUR, now)
        if rows.empty:  # after the end of a file, or in a gap of it
            rows = self.hours(asset, now - timedelta(days=7), now)
        return float(_as_seen(rows, now)["close"].iloc[-1]) if len(rows) else None


class SyntheticCandles(CandleSource):
    """The synthetic market of `generator`."""

    assets = tuple(asset.name for asset in generator.ASSETS)

    def __init__(self, seed: int = generator.DEFAULT_SEED) -> None:
        self.seed = seed

    def hours(self, asset: str, start: datetime, end: datetime) -> pd.DataFrame:
        """See `CandleSource`."""
        return generator.synthetic_candles(asset, start, end, self.seed)


class FileCandles(CandleSource):
    """freqtrade's feather files: `BTC_USD-1h.feather`, or quoted in USDT or USDC.

    With `last`, all candles are shifted by whole hours so that the last one is forming at that
    moment: recorded candles that end "now". Without it they keep their dates.
    Raises NoCandles when the directory holds no such file.
    """

    def __init__(self, directory: Path, last: datetime | None = None) -> None:
        frames = {}
        for asset in (a.name for a in generator.ASSETS):
            files = [directory / f"{asset}_{quote}-1h.feather" for quote in _QUOTES]
            found = next((file for file in files if file.is_file()), None)
            if found:
                frames[asset] = pd.read_feather(found)[list(generator.COLUMNS)]
        if not any(len(frame) for frame in frames.values()):
            wanted = ", ".join(f"BTC_{quote}-1h.feather" for quote in _QUOTES)
            raise NoCandles(f"No hourly candles in {directory}: expected files such as {wanted}.")
        self.assets = tuple(frames)
        end = max(frame["date"].max() for frame in frames.values())
        begin = min(frame["date"].min() for frame in frames.values())
        self.span: timedelta = (end - begin).to_pytimedelta()
        """From the first candle to the last."""
        shift = pd.Timedelta(0) if last is None else pd.Timestamp(last).floor("h") - end
        self._frames = {
            asset: frame.assign(date=(frame["date"] + shift).dt.as_unit("ms"))
            for asset, frame in frames.items()
        }

    def hours(self, asset: str, start: datetime, end: datetime) -> pd.DataFrame:
        """See `CandleSource`."""
        frame = self._frames[asset]
        # The dates count milliseconds, a clock counts finer; the rows between are the same.
        bounds = [pd.Timestamp(bound).ceil("ms") for bound in (start, end)]
        first, last = frame["date"].searchsorted(bounds)
        return frame.iloc[first:last].reset_index(drop=True)


def _asset(pair: str) -> str:
    return pair.partition("/")[0]


def _minutes(timeframe: str | int) -> int:
    """Minutes of a timeframe; raises UnknownTimeframe where hours don't add up to it."""
    units = {"h": 60, "d": 1440, "w": 10080}
    if isinstance(timeframe, str):
        number, unit = timeframe[:-1], timeframe[-1:]
        minutes = int(number) * units[unit] if number.isdigit() and unit in units else 0
    else:
        minutes = timeframe
    if minutes <= 0 or minutes % 60:
        raise UnknownTimeframe(f"The simulated exchange has whole hours, not {timeframe!r}.")
    return minutes


def _ceil(moment: datetime, step: timedelta) -> datetime:
    """The first opening of a candle at or after `moment`; candles are anchored at 1970 (UTC)."""
    origin = datetime(1970, 1, 1, tzinfo=UTC)
    return origin - (origin - moment) // step * step


def _as_seen(rows: pd.DataFrame, now: datetime) -> pd.DataFrame:
    """`rows` with the last one cut to what had happened by `now`."""
    if rows.empty:
        return rows
    elapsed = (pd.Timestamp(now) - rows["date"].iloc[-1]) / pd.Timedelta(HOUR)
    if elapsed >= 1:
        return rows
    rows = rows.copy()
    last = Candle(*rows[_PRICES].iloc[-1].to_list())
    rows.loc[rows.index[-1], _PRICES] = as_row(forming(last, elapsed))
    return rows


def _aggregate(rows: pd.DataFrame, step: timedelta) -> pd.DataFrame:
    """Hourly rows as candles of `step`; hours without data make no candle."""
    milliseconds = rows["date"].dt.as_unit("ms").astype("int64").to_numpy()
    length = int(step.total_seconds() * 1000)
    opening = milliseconds // length * length
    starts = np.flatnonzero(np.r_[True, opening[1:] != opening[:-1]])
    stops = np.r_[starts[1:], len(rows)] - 1
    return pd.DataFrame(
        {
            "date": pd.DatetimeIndex(opening[starts].astype("datetime64[ms]")).tz_localize("UTC"),
            "open": rows["open"].to_numpy()[starts],
            "high": np.maximum.reduceat(rows["high"].to_numpy(), starts),
            "low": np.minimum.reduceat(rows["low"].to_numpy(), starts),
            "close": rows["close"].to_numpy()[stops],
            "volume": np.add.reduceat(rows["volume"].to_numpy(), starts),
        }
    )
