"""The databases a `nija` command works on: freqtrade's trades and locks, and NIJA's memory."""

from pathlib import Path
from typing import Any

from freqtrade.constants import DEFAULT_DB_DRYRUN_URL, DEFAULT_DB_PROD_URL
from freqtrade.persistence import init_db
from sqlalchemy import make_url

from nija_plugins.memory import AccountStore
from nija_plugins.memory.store import MEMORY_FILE, account_name


def open_trades_database(config: dict[str, Any]) -> None:
    """Opens the bot's database of trades and locks. Raises ValueError when there is none yet: a
    command must not make an empty one in a wrong folder."""
    dry = bool(config.get("dry_run", True))
    url = config.get("db_url") or (DEFAULT_DB_DRYRUN_URL if dry else DEFAULT_DB_PROD_URL)
    parsed = make_url(url)
    file = parsed.database if parsed.get_backend_name() == "sqlite" else None
    if file and not Path(file).is_file():
        raise ValueError(
            f"There is no database of trades here ({file}). Run this where the bot runs, with the "
            "bot's configuration."
        )
    init_db(url)


def memory_of(config: dict[str, Any]) -> AccountStore:
    """The memory of the account that `config` trades."""
    path = Path(config["user_data_dir"]) / MEMORY_FILE
    return AccountStore(path, account_name(config))
