"""The way the price goes between two moments, the same whoever asks and how often.

Inside an hour it walks as in `forming`; from one hour's close to the next one's open it jumps.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import pandas as pd

from nija_plugins.venue.market.candles import HOUR, CandleSource
from nija_plugins.venue.market.forming import Candle, walk


@dataclass(frozen=True, slots=True)
class Move:
    """From one price to another at constant speed; `start` = `end` is a jump."""

    start: datetime
    end: datetime
    first: float
    last: float

    @property
    def jump(self) -> bool:
        """No time passes, and the prices between are never traded."""
        return self.start == self.end

    def price(self, moment: datetime) -> float:
        """The price at a moment of this move; a jump is over at once."""
        if self.jump or moment >= self.end:
            return self.last
        share = (moment - self.start) / (self.end - self.start)
        return self.first + (self.last - self.first) * share

    def reaches(self, level: float, up: bool, since: datetime) -> datetime | None:
        """When the price is first at or beyond `level` (above it if `up`), at `since` or later."""
        sign = 1 if up else -1
        if (self.price(since) - level) * sign >= 0:
            return since
        if (self.last - level) * sign < 0:
            return None
        share = (level - self.first) / (self.last - self.first)
        return min(max(self.start + (self.end - self.start) * share, since), self.end)


def moves(source: CandleSource, asset: str, start: datetime, end: datetime) -> Iterator[Move]:
    """What the price does from `start` to `end`, in order; nothing where there are no candles."""
    if end <= start:
        return
    rows = source.hours(asset, _hour(start), end)
    close: float | None = None
    columns = (rows[name] for name in ("date", "open", "high", "low", "close"))
    for date, opened, high, low, closed in zip(*columns, strict=True):
        begin = pd.Timestamp(date).to_pydatetime()
        if close is not None and opened != close and begin >= start:
            yield Move(begin, begin, close, float(opened))
        for (t0, p0), (t1, p1) in pairwise(walk(Candle(opened, high, low, closed, 0.0))):
            whole = Move(begin + HOUR * t0, begin + HOUR * t1, p0, p1)
            seen = _between(whole, start, end)
            if seen:
                yield seen
        close = float(closed)


def _hour(moment: datetime) -> datetime:
    """The opening of the hour; one that has just ended is included, for the jump out of it."""
    opened = moment.replace(minute=0, second=0, microsecond=0)
    return opened if opened < moment else opened - timedelta(hours=1)


def _between(move: Move, start: datetime, end: datetime) -> Move | None:
    """The part of `move` between the two moments, None when no time of it is."""
    first, last = max(move.start, start), min(move.end, end)
    if first >= last:
        return None
    return Move(first, last, move.price(first), move.price(last))
