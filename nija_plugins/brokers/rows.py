"""The ledger's rows as values, and back. Raises ValueError for what is no amount of money."""

from math import isfinite

from nija_plugins.account import Benchmarks
from nija_plugins.brokers.portfolio import Member, Position, Reservation
from nija_plugins.brokers.tables import MemberRow, PortfolioRow, ReservationRow


def member_of(row: MemberRow) -> Member:
    return Member(
        account=row.account,
        broker=row.broker,
        time=row.time,
        equity=finite(row.equity),
        worst_case=finite(row.worst_case),
        free_cash=finite(row.free_cash),
        positions=tuple(
            Position(pair, finite(value), finite(cost)) for pair, value, cost in row.positions
        ),
        judged=row.judged,
        external=row.external,
        tier=row.tier,
    )


def reservation_of(row: ReservationRow) -> Reservation:
    return Reservation(
        account=row.account,
        broker=row.broker,
        pair=row.pair,
        stake=finite(row.stake),
        cost=finite(row.cost),
        at_risk=finite(row.at_risk),
        since=row.since,
        confirmed=row.confirmed,
    )


def marks_of(row: PortfolioRow) -> Benchmarks | None:
    if row.day is None or row.day_open is None or row.peak is None:
        return None
    return Benchmarks(row.day, finite(row.day_open), finite(row.peak))


def finite(value: float) -> float:
    if not isfinite(value):
        raise ValueError(f"{value} is no amount")
    return value


def member_row(portfolio: str, member: Member) -> MemberRow:
    return MemberRow(
        portfolio=portfolio,
        account=member.account,
        broker=member.broker,
        time=member.time,
        equity=finite(member.equity),
        worst_case=finite(member.worst_case),
        free_cash=finite(member.free_cash),
        positions=[(one.pair, one.value, one.cost) for one in member.positions],
        judged=member.judged,
        external=member.external,
        tier=member.tier,
    )


def reservation_row(portfolio: str, one: Reservation) -> ReservationRow:
    return ReservationRow(
        portfolio=portfolio,
        account=one.account,
        broker=one.broker,
        pair=one.pair,
        stake=finite(one.stake),
        cost=finite(one.cost),
        at_risk=finite(one.at_risk),
        since=one.since,
        confirmed=one.confirmed,
    )
