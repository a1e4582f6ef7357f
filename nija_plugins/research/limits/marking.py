"""The account, marked to market hour by hour from trades and candles alone.

A second opinion: nothing here comes from NIJA's own record. Equity is NIJA's (cash + open
positions, less the fee to get out); an entry costs amount × rate × (1 + fee) when it is made.

Within an hour all positions are marked at their candle's low at the same moment, which is worse
than what happened. A position whose stop lay at or above that low left in this candle, at what the
trade says: its stop, or the open where the candle gapped through it. A trade is entered at the open
of its candle, so its first candle counts like any other: marked at the low, or out at its stop.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
TOLERANCE = 1e-6
"""Of equity: lot steps and floating point."""


def hour_of(moment: object) -> int:
    """Whole hours since 1970 of a UTC time."""
    return int(pd.Timestamp(moment).timestamp()) // 3600  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Trade:
    """A closed trade: hours since 1970 of the candles it came and went in, base currency, USD.
    `fee` is a fraction of each side, `stop` where its stop stood in the end."""

    pair: str
    opened: int
    closed: int
    amount: float
    entry: float
    exit: float
    fee: float
    stop: float


@dataclass(frozen=True, slots=True)
class Prices:
    """One pair's hourly candles from hour `first` on, holes filled with the last close."""

    first: int
    opens: Floats
    lows: Floats
    closes: Floats

    @classmethod
    def of(cls, candles: pd.DataFrame) -> "Prices":
        """From columns date (UTC), open, low and close."""
        frame = candles.set_index("date")[["open", "low", "close"]]
        frame = frame.reindex(pd.date_range(frame.index[0], frame.index[-1], freq="h"))
        close = frame["close"].ffill()
        whole = frame.apply(lambda column: column.fillna(close))
        opens, lows, closes = (whole[name].to_numpy(dtype=float) for name in frame.columns)
        return cls(hour_of(frame.index[0]), opens, lows, closes)


@dataclass(frozen=True, slots=True)
class Gap:
    """A trade that left for less than its stop (or, below that, the last close) had promised:
    `beyond` in USD after the fee."""

    pair: str
    hour: int
    stop: float
    open: float
    beyond: float


@dataclass(frozen=True, slots=True)
class Worst:
    """A fall below a benchmark (the day's opening, the peak) that was reached at `since`.

    `fall` is a fraction of the benchmark at hour `hour`; `missing` what equity lacked there of
    what the limit promises, in USD, 0 while it holds; `gaps` may explain it: those since an hour
    last began with equity above the limit. Earlier ones were paid for by then: stops had been
    raised until their worst case kept the limit."""

    fall: float
    hour: int
    since: int
    missing: float
    gaps: tuple[Gap, ...]

    @property
    def explained(self) -> bool:
        """Whether the gaps cost at least what is missing."""
        return self.missing <= sum(gap.beyond for gap in self.gaps) + 1e-9


@dataclass(frozen=True, slots=True)
class Marked:
    """Equity per hour from `first` on: at its start (last closes) and at its lows."""

    first: int
    start: Floats
    low: Floats
    gaps: tuple[Gap, ...]

    def days(self, limit: float) -> list[Worst]:
        """Each UTC day's lowest equity against that at 00:00; `limit` is a fraction."""
        hours = np.arange(self.first, self.first + len(self.start))
        begins = np.flatnonzero((hours % 24 == 0) | (hours == self.first))
        ends = [*begins[1:], len(hours)]
        return [
            self._worst(limit, slice(begin, end), np.full(end - begin, begin))
            for begin, end in zip(begins, ends, strict=True)
        ]

    def falls(self, limit: float, restarts: Sequence[int] = ()) -> list[Worst]:
        """The deepest fall below the peak so far, one for each stretch between `restarts` (hours
        at which the peak begins anew); `limit` is a fraction."""
        cuts = sorted({r - self.first for r in restarts if 0 < r - self.first < len(self.start)})
        found = []
        for begin, end in zip([0, *cuts], [*cuts, len(self.start)], strict=True):
            start = self.start[begin:end]
            rising = start >= np.maximum.accumulate(start)
            peaks = np.maximum.accumulate(np.where(rising, np.arange(end - begin), 0)) + begin
            found.append(self._worst(limit, slice(begin, end), peaks))
        return found

    def _worst(self, limit: float, span: slice, benchmarks: NDArray[np.int64]) -> Worst:
        """The deepest fall in `span`; `benchmarks` are the rows whose start it is measured by."""
        level = self.start[benchmarks]
        falls = 1 - np.minimum(self.start[span], self.low[span]) / level
        row = int(falls.argmax())
        since, hour = self.first + int(benchmarks[row]), self.first + int(span.start) + row
        missing = max(0.0, float((falls[row] - limit - TOLERANCE) * level[row]))
        within: tuple[Gap, ...] = ()
        if missing:
            held = self.start[since - self.first : hour - self.first + 1] >= level[row] * (
                1 - limit
            )
            # At the start of that hour the floor was within reach of the stops.
            above = since + int(np.flatnonzero(held)[-1])
            within = tuple(gap for gap in self.gaps if above <= gap.hour <= hour)
        return Worst(float(falls[row]), hour, since, missing, within)


def mark(
    trades: Sequence[Trade], prices: Mapping[str, Prices], balance: float, first: int, last: int
) -> Marked:
    """The account of `trades`, from `balance` USD at hour `first` to the end of hour `last`."""
    size = last - first + 1
    start, low = np.full(size, float(balance)), np.full(size, float(balance))
    gaps = []
    for trade in trades:
        known = prices[trade.pair]
        opened, closed = trade.opened - first, trade.closed - first
        cost = trade.amount * trade.entry * (1 + trade.fee)
        held = trade.amount * (1 - trade.fee)
        begin = trade.opened - known.first
        end = trade.closed - known.first
        # Bought in hour `opened`: the next hour starts with the position, at the last close.
        start[opened + 1 :] -= cost
        start[opened + 1 : closed + 1] += held * known.closes[begin:end]
        low[opened:] -= cost
        low[opened:closed] += held * known.lows[begin:end]
        start[closed + 1 :] += held * trade.exit
        low[closed:] += held * trade.exit
        promised = trade.stop
        if trade.closed > trade.opened:
            promised = min(promised, float(known.closes[end - 1]))
        beyond = held * (promised - trade.exit)
        if beyond > 0:
            opening = float(known.opens[end])
            gaps.append(Gap(trade.pair, trade.closed, trade.stop, opening, beyond))
    return Marked(first, start, low, tuple(sorted(gaps, key=lambda gap: gap.hour)))


def trades_of(exported: pd.DataFrame) -> list[Trade]:
    """freqtrade's trades."""
    return [
        Trade(
            pair=row["pair"],
            opened=hour_of(row["open_date"]),
            closed=hour_of(row["close_date"]),
            amount=row["amount"],
            entry=row["open_rate"],
            exit=row["close_rate"],
            fee=max(row["fee_open"], row["fee_close"]),
            stop=row["stop_loss_abs"],
        )
        for row in exported.to_dict("records")
    ]


def restarts_of(locks: Sequence[tuple[str, datetime, datetime]], reason: str) -> list[int]:
    """The hours at which the peak restarted: when locks for `reason` had ended. Nothing is open
    then, so it does not matter whether the loop of that very hour saw it."""
    return [hour_of(end) for why, _, end in locks if why == reason and end.year < 2100]
