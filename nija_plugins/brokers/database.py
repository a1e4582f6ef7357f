"""Where the portfolio's ledger is, and how to talk to it."""

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

LEDGER_FILE = "nija_portfolio.sqlite"
"""In user_data, unless `nija.portfolio_url` names another place."""

PATIENT_SECONDS = 3
"""How long a bot waits for the ledger: no stop is watched meanwhile."""

IDLE_SECONDS = 10
"""After so long PostgreSQL ends a change in which nothing happens any more."""


def ledger_url(portfolio_url: str | None, user_data: Path) -> URL:
    """Where the ledger is. Raises ValueError for an address that is none, without repeating it."""
    if not portfolio_url:
        return URL.create("sqlite", database=str(user_data / LEDGER_FILE))
    try:
        url = make_url(portfolio_url)
    except SQLAlchemyError:
        raise ValueError("this is no database address") from None
    if "@" in (url.host or ""):
        # What follows it would be shown as the name of the server.
        raise ValueError("write an @ in the password as %40")
    kind = url.drivername.partition("+")[0]
    if kind == "sqlite" and url.database:
        return url
    if kind in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    raise ValueError("name a file (sqlite:///...) or a server (postgresql://...)")


def is_missing(url: URL) -> bool:
    """Whether the ledger is a file that no bot has made yet."""
    return url.get_backend_name() == "sqlite" and not Path(url.database or "").exists()


def engine_of(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        limits = {
            "lock_timeout": PATIENT_SECONDS,
            "statement_timeout": PATIENT_SECONDS,
            # Or a bot that is cut off in the middle of a change holds the lock for hours.
            "idle_in_transaction_session_timeout": IDLE_SECONDS,
        }
        # A connection kept open may lead nowhere by now, and a question there waits for ever: only
        # connecting can be timed here, so each question connects.
        return create_engine(
            url,
            poolclass=NullPool,
            connect_args={
                "connect_timeout": PATIENT_SECONDS,
                # A network that is cut: by what was sent and not taken, and else by asking it.
                "tcp_user_timeout": PATIENT_SECONDS * 1000,
                "keepalives_idle": PATIENT_SECONDS,
                "keepalives_interval": 1,
                "options": " ".join(f"-c {name}={value}s" for name, value in limits.items()),
            },
        )
    # A connection kept open would go on writing to a file that somebody moved away.
    engine = create_engine(url, connect_args={"timeout": PATIENT_SECONDS}, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # or Python's driver begins when it likes
        connection.execute("PRAGMA journal_mode=WAL")

    @event.listens_for(engine, "begin")
    def _begun(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
