"""Trade by trade: what the backtest promised, and what the bot did on the same candles."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from math import isclose

from nija_plugins.replay.deals import Deal


class Verdict(StrEnum):
    """What became of a backtest's trade in the replay."""

    MATCHED = "matched"
    """Entered and left in the same candles at the same rates."""
    MOVED = "moved"
    """Entered in the same candle; a rate, a time or the reason to leave differs."""
    MISSING = "missing"
    """In the backtest only."""
    EXTRA = "extra"
    """In the replay only."""


class Cause(StrEnum):
    """Where dollars between the two come from."""

    SPREAD = "spread"
    """Bought at the ask and sold at the bid, at another moment of the same candle."""
    STOPS = "stop polling"
    """A stop sells at the price the bot sees, not at the stop's."""
    EXITS = "another exit"
    """Left for another reason."""
    FEES = "fees"
    SIZE = "size"
    """Another stake: the equity differed."""
    TIMEOUT = "time-out"
    """The entry rested until it was cancelled."""
    ENTRIES = "other entries"
    """A trade that only one of the two made."""


STOP = "stop"
STOPS = frozenset(
    {"stop_loss", "trailing_stop_loss", "stoploss_on_exchange", "nija_gap_through_stop"}
)
"""What freqtrade and NIJA call an exit at the stop."""

SAME = 1e-9
"""Relative difference of rates that are the same."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """A trade of the backtest beside that of the replay; `dollars` is by how much the replay did
    better, by cause, and sums to the difference of their profits."""

    verdict: Verdict
    backtest: Deal | None
    replay: Deal | None
    dollars: dict[Cause, float] = field(default_factory=dict)


def compare(
    backtest: Sequence[Deal],
    replay: Sequence[Deal],
    rested: Iterable[tuple[str, datetime]] = (),
    same: float = SAME,
) -> list[Pairing]:
    """Each trade of either side once, in the order of their entries. `rested` are the signals
    whose entry order did not fill at once; `same` is the relative difference of equal rates."""
    resting = set(rested)
    left = {deal.signal: deal for deal in replay}
    pairings = []
    for deal in backtest:
        other = left.pop(deal.signal, None)
        if other is None:
            cause = Cause.TIMEOUT if deal.signal in resting else Cause.ENTRIES
            pairings.append(Pairing(Verdict.MISSING, deal, None, {cause: -deal.profit}))
        else:
            pairings.append(_beside(deal, other, same))
    pairings += [
        Pairing(Verdict.EXTRA, None, deal, {Cause.ENTRIES: deal.profit}) for deal in left.values()
    ]
    return sorted(pairings, key=lambda one: (one.backtest or one.replay).opened)  # type: ignore[union-attr]


def _beside(backtest: Deal, replay: Deal, same: float) -> Pairing:
    verdict = Verdict.MATCHED if _equal(backtest, replay, same) else Verdict.MOVED
    if backtest.close_rate is None or replay.close_rate is None:
        difference = replay.profit - backtest.profit
        return Pairing(verdict, backtest, replay, {Cause.EXITS: difference})
    amount, opened, closed = backtest.amount, backtest.open_rate, backtest.close_rate
    at_exit = Cause.SPREAD
    if _why(backtest) != _why(replay):
        at_exit = Cause.EXITS
    elif _why(backtest) == STOP:
        at_exit = Cause.STOPS
    dollars = {
        Cause.SPREAD: -amount * (replay.open_rate - opened) * (1 + backtest.fee_open),
        Cause.FEES: -amount
        * (
            (replay.fee_open - backtest.fee_open) * replay.open_rate
            + (replay.fee_close - backtest.fee_close) * replay.close_rate
        ),
    }
    left = amount * (replay.close_rate - closed) * (1 - backtest.fee_close)
    dollars[at_exit] = dollars.get(at_exit, 0.0) + left
    dollars[Cause.SIZE] = replay.profit - backtest.profit - sum(dollars.values())
    return Pairing(verdict, backtest, replay, dollars)


def _why(deal: Deal) -> str | None:
    """Why it left; a stop is a stop, whoever held it and whether it had risen."""
    return STOP if deal.reason in STOPS else deal.reason


def _equal(one: Deal, other: Deal, same: float) -> bool:
    """Same candles, same rates, same reason; amounts may differ."""
    if (one.closed is None) != (other.closed is None):
        return False
    if not isclose(one.open_rate, other.open_rate, rel_tol=same):
        return False
    if one.closed is None or other.closed is None:
        return True
    assert one.close_rate is not None and other.close_rate is not None
    hour = {"minute": 0, "second": 0, "microsecond": 0}
    return (
        one.closed.replace(**hour) == other.closed.replace(**hour)  # type: ignore[arg-type]
        and isclose(one.close_rate, other.close_rate, rel_tol=same)
        and _why(one) == _why(other)
    )


def entries_shared(pairings: Sequence[Pairing]) -> float:
    """The share of all trades of either side that both entered, in the same candle; 1 when there
    are none."""
    shared = sum(one.backtest is not None and one.replay is not None for one in pairings)
    return shared / len(pairings) if pairings else 1.0


def dollars_by_cause(pairings: Iterable[Pairing]) -> dict[Cause, float]:
    """The sum over all trades; causes without a cent are left out."""
    total: dict[Cause, float] = {}
    for one in pairings:
        for cause, dollars in one.dollars.items():
            total[cause] = total.get(cause, 0.0) + dollars
    return {cause: dollars for cause, dollars in total.items() if abs(dollars) >= 0.005}
