"""The ledger that the bots of a portfolio share: a SQLite file for those of one machine, PostgreSQL
for several machines.

Whoever writes holds the portfolio's lock, so that what a bot reads there is still true when it
writes. A process that dies lets go of it, and leaves all of its last change or nothing.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from nija_plugins.account import Benchmarks
from nija_plugins.brokers.database import engine_of
from nija_plugins.brokers.portfolio import Member, Reservation, View
from nija_plugins.brokers.rows import (
    marks_of,
    member_of,
    member_row,
    reservation_of,
    reservation_row,
)
from nija_plugins.brokers.tables import Base, MemberRow, PortfolioRow, ReservationRow

TABLES_LOCK = 6_452_007
"""PostgreSQL's advisory lock for making the tables: an arbitrary number of ours."""

NONSENSE = (ValueError, KeyError, TypeError)

Judge = Callable[[View], str | None]
Settle = Callable[[View], Benchmarks | None]


class LedgerUnusable(Exception):
    """The ledger cannot be read or written; the message says where it is, without its password."""


class Ledger:
    """The portfolio `name` in the database at `url`. What is missing there is made at the first
    use; every method raises LedgerUnusable."""

    def __init__(self, url: URL, name: str) -> None:
        self.url = url
        self.name = name
        self._engine = engine_of(url)
        self._made = False

    def view(self) -> View:
        """What the bots last told."""
        with self._session() as session:
            return self._view(session)

    def publish(self, member: Member, settle: Settle, in_flight: Collection[str] = ()) -> View:
        """Writes what `member` tells, in place of what it told before.

        `settle` is given the ledger as it was, and answers with the portfolio's levels from now on
        (None leaves them). This member's reservations are gone afterwards, but for pairs whose
        orders are `in_flight`: the others have become positions, or never will. Returns the ledger
        as it is now.
        """
        with self._session() as session:
            marks = settle(self._view(session))
            row = session.get_one(PortfolioRow, self.name)
            if marks is not None:
                row.day, row.day_open, row.peak = marks.day, marks.day_open, marks.peak
            session.merge(member_row(self.name, member))
            for one in session.scalars(self._of(ReservationRow)):
                over = one.account == member.account and one.pair not in in_flight
                if over or not reservation_of(one).stands(member.time):
                    session.delete(one)
            session.flush()
            return self._view(session)

    def set_marks(self, marks: Benchmarks) -> View:
        """The portfolio's levels from now on."""
        with self._session() as session:
            row = session.get_one(PortfolioRow, self.name)
            row.day, row.day_open, row.peak = marks.day, marks.day_open, marks.peak
            session.flush()
            return self._view(session)

    def reserve(self, wanted: Reservation, judge: Judge) -> str | None:
        """Promises `wanted` its position, unless `judge`, given the ledger as it is, objects;
        returns the objection. It replaces an earlier promise for the same pair."""
        with self._session() as session:
            earlier = session.get(ReservationRow, (self.name, wanted.account, wanted.pair))
            if earlier is not None:
                session.delete(earlier)
                session.flush()
            objection = judge(self._view(session))
            if objection is None:
                session.add(reservation_row(self.name, wanted))
            return objection

    def confirm(self, account: str, pair: str, now: datetime) -> bool:
        """The order is about to be sent: the reservation counts until the bot tells what became of
        it. False when there is none (any more)."""
        with self._session() as session:
            row = session.get(ReservationRow, (self.name, account, pair))
            if row is None or not reservation_of(row).stands(now):
                return False
            row.confirmed, row.since = True, now
            return True

    def release(self, account: str, pair: str) -> None:
        """There will be no such entry."""
        with self._session() as session:
            row = session.get(ReservationRow, (self.name, account, pair))
            if row is not None:
                session.delete(row)

    def forget(self, account: str) -> bool:
        """Takes a bot out of the portfolio, as if all its money had been withdrawn; False when it
        is none of its members."""
        with self._session() as session:
            view = self._view(session)
            gone = view.member(account)
            if gone is None:
                return False
            row = session.get_one(PortfolioRow, self.name)
            total = sum(one.equity for one in view.members)
            if view.marks is not None and 0 < gone.equity < total:
                marks = view.marks.scaled((total - gone.equity) / total)
                row.day_open, row.peak = marks.day_open, marks.peak
            for table in (ReservationRow, MemberRow):
                for one in session.scalars(self._of(table)):
                    if one.account == account:
                        session.delete(one)
            return True

    def _of(self, table: Any) -> Any:
        return select(table).where(table.portfolio == self.name)

    def _view(self, session: Session) -> View:
        portfolio = session.get_one(PortfolioRow, self.name)
        members = session.scalars(self._of(MemberRow).order_by(MemberRow.account))
        reserved = session.scalars(self._of(ReservationRow).order_by(ReservationRow.since))
        return View(
            tuple(member_of(row) for row in members),
            tuple(reservation_of(row) for row in reserved),
            marks_of(portfolio),
        )

    @contextmanager
    def _session(self) -> Iterator[Session]:
        """A transaction that holds the portfolio's lock."""
        try:
            self._make()
            with Session(self._engine) as session, session.begin():
                mine = select(PortfolioRow).where(PortfolioRow.name == self.name)
                # SQLite's BEGIN IMMEDIATE has locked all of the file already.
                if session.scalar(mine.with_for_update()) is None:
                    raise KeyError(f"the portfolio {self.name} is gone")
                yield session
        except (SQLAlchemyError, OSError, *NONSENSE) as error:
            self._made = False
            raise LedgerUnusable(self._explain(error)) from error

    def _make(self) -> None:
        """The tables and the portfolio's row, by whoever comes first."""
        file = self.url.database if self.url.get_backend_name() == "sqlite" else None
        if self._made and (file is None or Path(file).exists()):
            return
        with self._engine.begin() as connection:
            if file is None:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({TABLES_LOCK})"))
            Base.metadata.create_all(connection)
            known = select(PortfolioRow.name).where(PortfolioRow.name == self.name)
            if connection.scalar(known) is None:
                connection.execute(insert(PortfolioRow).values(name=self.name))
        self._made = True

    def _explain(self, error: Exception) -> str:
        why = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        password = self.url.password
        if password:
            why = why.replace(str(password), "***")
        if self.url.get_backend_name() == "sqlite":
            remedy = "Mend its permissions or its disk, or move it away: the bots make a new one"
            if "locked" in why:
                remedy = "Another program holds it: it is asked again"
            return f"The portfolio's ledger {self.url.database} cannot be used ({why}). {remedy}."
        where = f"{self.url.host or 'localhost'}:{self.url.port or 5432}/{self.url.database or ''}"
        return (
            f"The portfolio's ledger at {where} cannot be used ({why}). Check that the server "
            "runs, and portfolio_url."
        )
