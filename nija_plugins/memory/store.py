"""An account's memory in one SQLite file, shared by the accounts of one user_data folder."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Any

from freqtrade.constants import DEFAULT_DB_DRYRUN_URL, DEFAULT_DB_PROD_URL
from pydantic import TypeAdapter
from sqlalchemy import create_engine, delete, make_url, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from nija_plugins.account import Benchmarks
from nija_plugins.brief import brief, cause
from nija_plugins.incidents import Incident, Incidents
from nija_plugins.live.cash_flows import CashFlow
from nija_plugins.memory.tables import (
    AccountRow,
    Base,
    FlowRow,
    IncidentRow,
    OwnOrderRow,
    OwnRow,
)
from nija_plugins.memory.values import Memory, Snapshot

MEMORY_FILE = "nija_account.sqlite"

NONSENSE = (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError)
"""What reading raises when the file holds something else than what was written."""

ANEW = "Put a good copy back, or move it away to let the loss limits start anew"
REMEDIES = (
    ("locked", "Another program holds it: close that"),
    ("full", "Free some disk space"),
    ("not a database", ANEW),
    ("malformed", ANEW),
    ("no such", ANEW),
)
"""What to do when the reason contains a word."""


_SNAPSHOT = TypeAdapter(Snapshot)


def account_name(config: Mapping[str, Any]) -> str:
    """Which account a freqtrade configuration trades: exchange, way of running, and the database of
    its trades, since a dry-run with another database is another account."""
    way = "dry_run" if config.get("dry_run", True) else "live"
    return f"{config['exchange']['name']} {way} {database_name(config)}"


def database_name(config: Mapping[str, Any]) -> str:
    """What the database of a configuration's trades is called, without folder and ending."""
    dry = bool(config.get("dry_run", True))
    url = config.get("db_url") or (DEFAULT_DB_DRYRUN_URL if dry else DEFAULT_DB_PROD_URL)
    return Path(make_url(url).database or "memory").stem


class MemoryUnusable(Exception):
    """The memory cannot be read or written; the message says which file, why and what to do."""


class AccountStore:
    """The memory of the account `name` in the file `path`. A file that is missing is made; every
    method raises MemoryUnusable when the file cannot be used."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        # A connection kept open would go on writing to a file that somebody moved away.
        self._engine = create_engine(
            f"sqlite:///{path}", connect_args={"timeout": 2}, poolclass=NullPool
        )

    def load(self) -> Memory:
        """What is remembered; nothing for a new account."""
        with self._session() as session:
            row = session.get(AccountRow, self.name)
            if row is None:
                return Memory()
            incidents = session.scalars(
                select(IncidentRow).where(IncidentRow.account == self.name).order_by(IncidentRow.id)
            )
            return Memory(
                benchmarks=_benchmarks(row),
                seen=row.seen,
                started=row.started,
                locked=frozenset(map(_text, row.locked)),
                incidents=Incidents(
                    tuple(
                        Incident(_known(one.time), _text(one.cause), _text(one.sentence))
                        for one in incidents
                    ),
                    frozenset(map(_text, row.lasting)),
                ),
                external_cash=None if row.external_cash is None else _finite(row.external_cash),
                trades=_whole(row.trades),
            )

    def save(
        self, memory: Memory, snapshot: Snapshot | None = None, flows: Sequence[CashFlow] = ()
    ) -> None:
        """Writes `memory` and what came with it, all or nothing. A snapshot of an account that
        could not be valued leaves the last one that could."""
        with self._session() as session:
            row = session.get(AccountRow, self.name)
            if row is None:
                row = AccountRow(name=self.name, snapshot=None)
                session.add(row)
            marks = memory.benchmarks
            row.day = marks.day if marks else None
            row.day_open = marks.day_open if marks else None
            row.peak = marks.peak if marks else None
            row.seen, row.started = memory.seen, memory.started
            row.locked = sorted(memory.locked)
            row.lasting = sorted(memory.incidents.lasting)
            row.external_cash, row.trades = memory.external_cash, memory.trades
            if snapshot is not None and all(map(isfinite, snapshot.amounts)):
                row.snapshot = _plain(snapshot)
            session.flush()
            session.execute(delete(IncidentRow).where(IncidentRow.account == self.name))
            for one in memory.incidents.recent:
                session.add(
                    IncidentRow(
                        account=self.name, time=one.time, cause=one.cause, sentence=one.sentence
                    )
                )
            for flow in flows:
                session.add(FlowRow(account=self.name, time=flow.time, amount=flow.amount))

    def snapshot(self) -> Snapshot | None:
        """What the last loop found, or None before the first one."""
        with self._session() as session:
            row = session.get(AccountRow, self.name)
            return _snapshot(row.snapshot) if row and row.snapshot else None

    def flows(self) -> list[CashFlow]:
        """Every deposit and withdrawal, oldest first."""
        with self._session() as session:
            query = select(FlowRow).where(FlowRow.account == self.name).order_by(FlowRow.id)
            found = session.scalars(query)
            return [CashFlow(_known(row.time), _finite(row.amount)) for row in found]

    def own(self) -> dict[str, float]:
        """The user's own holdings by asset, in that asset."""
        with self._session() as session:
            query = select(OwnRow).where(OwnRow.account == self.name)
            return {_text(row.asset): _finite(row.amount) for row in session.scalars(query)}

    def keep_own(self, asset: str, amount: float) -> None:
        """Marks `amount` of `asset` as the user's own, in place of what was marked; 0 for none."""
        with self._session() as session:
            self._known(session)
            session.merge(OwnRow(account=self.name, asset=asset, amount=amount))

    def own_orders(self) -> frozenset[str]:
        """The ids of orders that the user made by hand."""
        with self._session() as session:
            query = select(OwnOrderRow.order_id).where(OwnOrderRow.account == self.name)
            return frozenset(map(_text, session.scalars(query)))

    def keep_own_order(self, order_id: str) -> None:
        """Marks an order as the user's own."""
        with self._session() as session:
            self._known(session)
            session.merge(OwnOrderRow(account=self.name, order_id=order_id))

    def _known(self, session: Session) -> None:
        if session.get(AccountRow, self.name) is None:
            session.add(AccountRow(name=self.name, started=False, locked=[], lasting=[], trades=0))
            session.flush()

    @contextmanager
    def _session(self) -> Iterator[Session]:
        try:
            if not self.path.exists() or not self.path.stat().st_size:
                self._create()
            with Session(self._engine) as session, session.begin():
                yield session
        except (SQLAlchemyError, OSError, *NONSENSE) as error:
            raise MemoryUnusable(_explain(self.path, error)) from error

    def _create(self) -> None:
        """All tables or none: a start that is interrupted leaves an empty file."""
        with self._engine.begin() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # Python's driver would begin none
            Base.metadata.create_all(connection)


def accounts(path: Path) -> list[str]:
    """The names of all accounts in the file. Raises MemoryUnusable."""
    if not path.is_file():
        return []
    try:
        with Session(create_engine(f"sqlite:///{path}")) as session:
            names = session.scalars(select(AccountRow.name).order_by(AccountRow.name))
            return [_text(name) for name in names]
    except (SQLAlchemyError, OSError, *NONSENSE) as error:
        raise MemoryUnusable(_explain(path, error)) from error


def _explain(path: Path, error: Exception) -> str:
    why = cause(error)
    remedy = "Mend its permissions or its disk"
    if isinstance(error, NONSENSE):
        remedy = ANEW
    elif path.is_dir():
        why, remedy = "a directory stands in its place", "Move that away"
    remedy = next((what for word, what in REMEDIES if word in why), remedy)
    return f"The account's memory {path} cannot be used ({why}). {remedy}."


def _benchmarks(row: AccountRow) -> Benchmarks | None:
    if all(level is None for level in (row.day, row.day_open, row.peak)):
        return None
    if row.day is None or row.day_open is None or row.peak is None:
        raise ValueError("the day, its opening or the peak is missing")
    return Benchmarks(row.day, _amount(row.day_open), _amount(row.peak))


def _amount(value: float) -> float:
    if _finite(value) < 0:
        raise ValueError(f"{value} is no equity")
    return value


def _finite(value: float) -> float:
    if not isfinite(value):
        raise ValueError(f"{value} is no amount")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{brief(value)} is no text")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{brief(value)} is no number of trades")
    return value


def _known(moment: datetime | None) -> datetime:
    if moment is None:
        raise ValueError("a time is missing")
    return moment


def _plain(snapshot: Snapshot) -> dict[str, object]:
    locks = [[pair, reason, end.isoformat()] for pair, reason, end in snapshot.locks]
    return asdict(snapshot) | {"time": snapshot.time.isoformat(), "locks": locks}


def _snapshot(plain: dict[str, object]) -> Snapshot:
    found = _SNAPSHOT.validate_python(plain)
    for moment in (found.time, *(end for _, _, end in found.locks)):
        if moment.tzinfo is None:
            raise ValueError(f"{moment} has no time zone")
    for amount in found.amounts:
        _finite(amount)
    return found
