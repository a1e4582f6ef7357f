"""The databases a `nija` command works on: freqtrade's trades and locks, and NIJA's memory."""

from pathlib import Path
from typing import Any

from freqtrade.constants import DEFAULT_DB_DRYRUN_URL, DEFAULT_DB_PROD_URL
from freqtrade.persistence import init_db
from sqlalchemy import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from nija_plugins.cli.configuration import exchange_of
from nija_plugins.memory import AccountStore
from nija_plugins.memory.store import MEMORY_FILE, account_name


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
    dry = bool(config.get("dry_run", True))
    url = config.get("db_url") or (DEFAULT_DB_DRYRUN_URL if dry else DEFAULT_DB_PROD_URL)
    parsed = make_url(url)
    file = parsed.database if parsed.get_backend_name() == "sqlite" else None
    if file and not Path(file).is_file():
        others = [f"sqlite:///{one.name}" for one in sorted(Path.cwd().glob("tradesv3*.sqlite"))]
        known = (
            f" Or is it {' or '.join(others)}? Say so: FREQTRADE__DB_URL={others[0]}"
            if others
            else ""
        )
        raise ValueError(
            f"There is no database of trades here ({file}). Run this where the bot runs, with the "
            f"bot's configuration.{known}"
        )
    try:
        init_db(url)
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
