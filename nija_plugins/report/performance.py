"""What a report is made from, the same for a backtest's result and for a bot's database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from nija_plugins.settings import Settings

TRADES = [
    *("pair", "opened", "closed", "open_rate", "close_rate", "amount", "stake", "profit"),
    *("profit_ratio", "fees", "regime", "exit_reason", "tier", "r", "best_r"),
    *("stop", "target", "trail", "loss", "equity", "win_probability", "by", "wish", "legs", "cuts"),
]
REFUSED = ["time", "pair", "rule", "sentence"]
DAYS = ["open", "high", "low", "close"]


@dataclass(frozen=True)
class Performance:
    """An account's time, in stake currency and UTC.

    `trades` are the closed ones in the order of their closing, with the columns `TRADES`: rates in
    stake currency per unit, `profit` and `fees` in stake currency, `profit_ratio`, `stop`,
    `target`, `trail` and `loss` as fractions, `r` the profit in units of the planned loss at the
    stop, fees included, `best_r` what it would have been at the highest price while it was open;
    what was not recorded is NaN, or empty. `days` holds equity per UTC day
    with the columns `DAYS`; `worst_day` (≤ 0) and `drawdown` (≥ 0) are fractions. `halts` are
    the begin and end of each time without entries because the drawdown was used up; the peak
    begins anew with its end. `refused` has a row per objection, columns `REFUSED`.
    `own_words` are the engine's own figures by name. `notes` say what is not there, and why.
    """

    name: str
    source: str
    exchange: str
    currency: str
    start: pd.Timestamp
    end: pd.Timestamp
    starting: float
    final: float
    trades: pd.DataFrame
    days: pd.DataFrame
    worst_day: float
    drawdown: float
    settings: Settings
    halts: tuple[tuple[pd.Timestamp, pd.Timestamp], ...] = ()
    tier_changes: tuple[Mapping[str, Any], ...] = ()
    refused: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=REFUSED))
    candidates: int = 0
    own_words: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    candles: Path | None = None
    """The folder of the candles it happened on."""

    @property
    def total_return(self) -> float:
        """The gain over the starting equity, a fraction."""
        return self.final / self.starting - 1 if self.starting else 0.0

    @property
    def restarts(self) -> tuple[pd.Timestamp, ...]:
        """When the peak began anew."""
        return tuple(end for _, end in self.halts if end < self.end)

    @property
    def last_tier(self) -> str | None:
        """The tier at the end; None is "no tier"."""
        return self.tier_changes[-1]["to_tier"] if self.tier_changes else None


def rows(table: pd.DataFrame) -> list[Any]:
    """Named tuples, one a row; the columns are attributes."""
    return list(table.itertuples())


def with_tiers(trades: pd.DataFrame, changes: tuple[Mapping[str, Any], ...]) -> pd.Series:
    """The tier in which each trade was opened, "no tier" where none was known."""
    if trades.empty:
        return pd.Series(dtype=object)
    names = [str(one["to_tier"] or "no tier") for one in changes]
    starts = pd.DatetimeIndex(pd.to_datetime([one["time"] for one in changes], utc=True))
    # Of one unit: pandas would not compare a bot's microseconds with whole seconds, or with none.
    opened = pd.DatetimeIndex(trades["opened"]).as_unit("ns")
    rows = starts.as_unit("ns").searchsorted(opened, side="right") - 1
    return pd.Series([names[row] if row >= 0 else "no tier" for row in rows], index=trades.index)


def falls(days: pd.DataFrame, restarts: tuple[pd.Timestamp, ...]) -> pd.Series:
    """How far each day's lowest equity lay below the peak before it, a fraction ≥ 0; the peak
    begins anew on the day of a restart."""
    peak, found = 0.0, []
    anew = {moment.normalize() for moment in restarts}
    for row in rows(days):
        if row.Index in anew:
            peak = 0.0
        peak = max(peak, row.open)
        found.append(max(0.0, 1 - row.low / peak) if peak > 0 else 0.0)
        peak = max(peak, row.high)
    return pd.Series(found, index=days.index, dtype=float)
