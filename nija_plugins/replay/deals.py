"""Trades as plain values, whether a database or a backtest's table holds them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pandas as pd
from freqtrade.persistence import Trade


@dataclass(frozen=True, slots=True)
class Deal:
    """One trade: times in UTC, rates in stake currency per unit, `amount` in base currency, fees
    as fractions, `profit` in stake currency after fees. `closed` and what follows from it are None
    while the trade is open."""

    pair: str
    opened: datetime
    amount: float
    open_rate: float
    fee_open: float
    closed: datetime | None = None
    close_rate: float | None = None
    fee_close: float = 0.0
    profit: float = 0.0
    reason: str | None = None

    @property
    def signal(self) -> tuple[str, datetime]:
        """What it was entered for: the pair, and the hour in which that happened."""
        return self.pair, self.opened.replace(minute=0, second=0, microsecond=0)


LEFT_OPEN = "force_exit"
"""What freqtrade's backtest calls an exit because the candles end."""


def of_database() -> list[Deal]:
    """Every trade of the bot's database, oldest first; entries that never filled are not there."""
    trades = [trade for trade in Trade.get_trades_proxy() if trade.amount > 0]
    return sorted((_of(trade) for trade in trades), key=lambda deal: deal.opened)


def _of(trade: Trade) -> Deal:
    return Deal(
        pair=trade.pair,
        opened=trade.open_date_utc,
        amount=trade.amount,
        open_rate=trade.open_rate,
        fee_open=trade.fee_open,
        closed=None if trade.is_open else trade.close_date_utc,
        close_rate=None if trade.is_open else trade.close_rate,
        fee_close=trade.fee_close or 0.0,
        profit=0.0 if trade.is_open else float(trade.close_profit_abs or 0.0),
        reason=None if trade.is_open else trade.exit_reason,
    )


def of_backtest(trades: pd.DataFrame) -> list[Deal]:
    """Every row of a backtest's results, oldest first; those it ended with are open."""
    rows: Iterable[dict[str, Any]] = trades.to_dict("records")  # type: ignore[assignment]
    return sorted((_of_row(row) for row in rows), key=lambda deal: deal.opened)


def _of_row(row: Mapping[str, Any]) -> Deal:
    begun = Deal(
        pair=row["pair"],
        opened=row["open_date"].to_pydatetime(),
        amount=row["amount"],
        open_rate=row["open_rate"],
        fee_open=row["fee_open"],
    )
    if row["exit_reason"] == LEFT_OPEN:
        return begun
    return replace(
        begun,
        closed=row["close_date"].to_pydatetime(),
        close_rate=row["close_rate"],
        fee_close=row["fee_close"],
        profit=row["profit_abs"],
        reason=row["exit_reason"],
    )
