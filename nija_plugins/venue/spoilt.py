"""Candles as an exchange should not send them: the faults `OF_CANDLES`."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from nija_plugins.venue.faults import Fault, Rule

Row = TypeVar("Row")
Priced = Callable[[Row, str | None], Row]
"""Makes a row whose prices are all this text, or none."""

NO_PRICES = {Fault.EMPTY_CANDLE: None, Fault.NAN_CANDLE: "NaN", Fault.ZERO_CANDLE: "0"}


def spoilt(
    rows: Sequence[Row],
    opened: Sequence[datetime],
    step: timedelta,
    now: datetime,
    rule: Rule | None,
    priced: Priced[Row],
) -> list[Row]:
    """`rows` (oldest first, each with the time it `opened`, `step` long) as `rule` spoils them."""
    closed = [number for number, moment in enumerate(opened) if moment + step <= now]
    if rule is None or not closed:
        return list(rows)
    newest = closed[-1]
    before, after = list(rows[:newest]), list(rows[newest + 1 :])
    row = rows[newest]
    match rule.fault:
        case Fault.MISSING_CANDLES:
            return [*before[:-2], row, *after]
        case Fault.LATE_CANDLE:
            return before
        case Fault.DUPLICATE_CANDLE:
            return [*before, row, row, *after]
        case Fault.EMPTY_CANDLE | Fault.NAN_CANDLE | Fault.ZERO_CANDLE:
            return [*before, priced(row, NO_PRICES[rule.fault]), *after]
        case _:
            return list(rows)
