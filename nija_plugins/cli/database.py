"""The databases a `nija` command works on: freqtrade's trades and locks, and NIJA's memory."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from freqtrade.constants import DEFAULT_DB_DRYRUN_URL, DEFAULT_DB_PROD_URL
from freqtrade.persistence import Trade, init_db
from sqlalchemy import URL, create_engine, func, make_url, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from nija_plugins.cli.configuration import exchange_of
from nija_plugins.memory import AccountStore, MemoryUnusable
from nija_plugins.memory.store import MEMORY_FILE, account_name

_PLAY = re.compile(r"\.dryrun\.|\.offline-")


def shown(url: URL | str | Path) -> str:
    """A database as a command names it: its file as seen from here, else its address without the
    password."""
    if isinstance(url, str):
        url = make_url(url)
    if isinstance(url, URL):
        if url.get_backend_name() != "sqlite" or not url.database:
            return url.render_as_string(hide_password=True)
        url = Path(url.database)
    here = Path.cwd()
    return str(url.relative_to(here) if url.is_relative_to(here) else url)


def open_trades_database(config: dict[str, Any]) -> str:
    """Opens the bot's database of trades and locks, and tells its name. Raises ValueError when it
    cannot be used or when there is none yet: a command must not make an empty one in a wrong
    folder."""
    parsed = _address(config)
    file = _file(parsed)
    if file and not Path(file).is_file():
        dry = bool(config.get("dry_run", True))
        there = [one.name for one in sorted(Path.cwd().glob("tradesv3*.sqlite"))]
        # Play money's trades explain nothing about a real account.
        others = [f"sqlite:///{name}" for name in there if dry or not _PLAY.search(name)]
        known = (
            f" Or is it {' or '.join(others)}? Say so: FREQTRADE__DB_URL={others[0]}"
            if others
            else ""
        )
        raise ValueError(
            f"There is no database of trades here ({file}): a bot makes it when it first starts. "
            f"Run this where the bot runs, with the bot's configuration.{known}"
        )
    try:
        init_db(parsed.render_as_string(hide_password=False))
    except SQLAlchemyError as error:
        why = str(getattr(error, "orig", None) or error)
        raise ValueError(f"The database of trades {file or ''} cannot be used ({why}).") from None
    return shown(parsed)


def memory_of(config: dict[str, Any]) -> AccountStore:
    """The memory of the account that `config` trades. Raises OperationalException when it names no
    exchange."""
    exchange_of(config)
    path = Path(config["user_data_dir"]) / MEMORY_FILE
    return AccountStore(path, account_name(config))


def has_started(config: Mapping[str, Any]) -> bool:
    """Whether the account of `config` remembers that it met its minimum balances once; False where
    its memory cannot be read."""
    path = Path(config["user_data_dir"]) / MEMORY_FILE
    if not path.is_file():
        return False
    try:
        return AccountStore(path, account_name(config)).load().started
    except MemoryUnusable:
        return False


def open_positions(config: Mapping[str, Any]) -> int:
    """How many trades the bot of `config` left open; 0 where its database does not exist or cannot
    be read. The database stays as it is."""
    address = _address(config)
    file = _file(address)
    if file and not Path(file).is_file():
        return 0
    count = select(func.count()).select_from(Trade).where(Trade.is_open.is_(True))
    try:
        with create_engine(address, poolclass=NullPool).connect() as connection:
            return int(connection.scalar(count) or 0)
    except SQLAlchemyError:
        return 0


def _address(config: Mapping[str, Any]) -> URL:
    """Of the bot's database of trades, as freqtrade finds it."""
    dry = bool(config.get("dry_run", True))
    default = DEFAULT_DB_DRYRUN_URL if dry else DEFAULT_DB_PROD_URL
    return make_url(config.get("db_url") or default)


def _file(address: URL) -> str | None:
    """The file of a SQLite database; None when it is in memory, or on a server."""
    return address.database if address.get_backend_name() == "sqlite" else None
