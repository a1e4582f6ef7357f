"""The portfolio as its ledger tells it: members, reserved entries, the levels of the limits.

Pure values: what they mean is decided here, what is written where in `ledger`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from nija_plugins.account import Benchmarks
from nija_plugins.brokers.others import Held, Others

SILENT_AFTER = timedelta(minutes=10)
"""A bot that wrote nothing for so long counts as dead: fitting a model may take minutes."""

UNCONFIRMED_FOR = timedelta(minutes=2)
"""How long a reserved entry waits for its order; between stake and order lie seconds."""

ORDER_TAKES = timedelta(seconds=10)
"""After so long an entry of a running bot has become a trade, or never will."""

PATIENCE = timedelta(minutes=2)
"""How long after a candle's end a broker waits for those before it in exchange_priority."""

CLOCKS_APART = timedelta(minutes=1)
"""A sign of life from so far in the future means that two clocks disagree."""


@dataclass(frozen=True, slots=True)
class Position:
    """An open position. `value` is what it is worth (a resting entry at its price), `cost` what was
    paid; both in stake currency."""

    pair: str
    value: float
    cost: float


@dataclass(frozen=True, slots=True)
class Member:
    """One bot of the portfolio, as it last told.

    `account` names exchange, way of running and database of trades; `time` is its last sign of life
    (UTC); money is in stake currency. `judged` is the end of the last candle of which it has asked
    for all entries; `external` the cash that no trade brought, as far as the levels count it.
    """

    account: str
    broker: str
    time: datetime
    equity: float
    worst_case: float
    free_cash: float
    positions: tuple[Position, ...] = ()
    judged: datetime | None = None
    external: float | None = None
    tier: str | None = None

    def silent(self, now: datetime) -> bool:
        """Whether it gave no sign of life for `SILENT_AFTER`."""
        return now - self.time >= SILENT_AFTER


@dataclass(frozen=True, slots=True)
class Reservation:
    """An entry that was promised a position, and money.

    `cost` includes the fee, `at_risk` is what it loses at its stop, fees included, `stake` what is
    bought; all in stake currency. `confirmed` once its order was sent: then it counts until its
    bot tells what became of it, however long that takes.
    """

    account: str
    broker: str
    pair: str
    stake: float
    cost: float
    at_risk: float
    since: datetime
    confirmed: bool = False

    def stands(self, now: datetime) -> bool:
        """Whether it still counts."""
        return self.confirmed or now - self.since < UNCONFIRMED_FOR


@dataclass(frozen=True, slots=True)
class View:
    """One look at the ledger. `marks` are the portfolio's day's opening and peak, None before the
    first bot told them."""

    members: tuple[Member, ...] = ()
    reservations: tuple[Reservation, ...] = ()
    marks: Benchmarks | None = None

    def member(self, account: str) -> Member | None:
        """What `account` last told."""
        return next((one for one in self.members if one.account == account), None)

    def beside(self, account: str) -> tuple[Member, ...]:
        """The other members."""
        return tuple(one for one in self.members if one.account != account)

    def held(self, now: datetime) -> int:
        """Positions and standing reservations together."""
        return sum(len(one.positions) for one in self.members) + len(self.standing(now))

    def standing(self, now: datetime) -> tuple[Reservation, ...]:
        """The reservations that count and are not positions already."""
        known = {(one.account, held.pair) for one in self.members for held in one.positions}
        return tuple(
            one
            for one in self.reservations
            if one.stands(now) and (one.account, one.pair) not in known
        )


def others_of(view: View, account: str, now: datetime) -> Others:
    """What the rest of the portfolio adds to `account`. Its own reservations are for the others:
    it knows its own trades better."""
    beside = view.beside(account)
    reserved = [one for one in view.standing(now) if one.account != account]
    held = [Held(one.broker, held.pair, held.value) for one in beside for held in one.positions]
    held += [Held(one.broker, one.pair, one.stake) for one in reserved]
    return Others(
        equity=sum(one.equity for one in beside),
        worst_case=sum(one.worst_case for one in beside) - sum(one.at_risk for one in reserved),
        free_cash=sum(one.free_cash for one in beside) - sum(one.cost for one in reserved),
        held=tuple(held),
        brokers=len(beside),
        room=sum(max(one.equity - one.worst_case, 0.0) for one in beside if not one.silent(now)),
        silent=tuple(one.account for one in beside if one.silent(now)),
        silent_equity=sum(one.equity for one in beside if one.silent(now)),
    )


def waited_for(
    view: View, account: str, rank: Callable[[str], int], candle: datetime, now: datetime
) -> str | None:
    """The broker that comes before `account` and may still want an entry on the candle that ended
    at `candle`, or None when nobody is to be waited for."""
    mine = view.member(account)
    if mine is None or now - candle >= PATIENCE:
        return None
    for one in view.beside(account):
        asked = one.judged is not None and one.judged >= candle
        if rank(one.broker) < rank(mine.broker) and not asked and not one.silent(now):
            return one.broker
    return None


def clocks_apart(view: View, account: str, now: datetime) -> str | None:
    """A sentence when another bot's clock is ahead of this one's."""
    for one in view.beside(account):
        ahead = one.time - now
        if ahead > CLOCKS_APART:
            return (
                f"Clocks apart: {one.account} wrote {ahead.total_seconds():.0f} s in the future. "
                "Let every machine of the portfolio keep the time (NTP)."
            )
    return None


def twin(view: View, account: str, broker: str, began: datetime, now: datetime) -> str | None:
    """A sentence when the ledger has another bot on this `broker` that gave no sign of life since
    this one `began`: it may be this very account, whose database of trades was moved or named anew,
    and whose money would count twice."""
    for one in view.beside(account):
        if one.broker == broker and (one.time <= began or one.silent(now)):
            return (
                f'"{one.account}" trades on {broker} like this bot, "{account}", and gives no sign '
                f"of life. If it is the same account, its ${one.equity:.2f} count twice: take it "
                f'out with nija forget "{one.account}".'
            )
    return None
