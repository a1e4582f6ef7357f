"""The bots of `nija trade`: which brokers, and what tells one bot's configuration and database from
the other's."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from freqtrade.constants import DEFAULT_DB_DRYRUN_URL, DEFAULT_DB_PROD_URL
from freqtrade.persistence import Trade
from sqlalchemy import create_engine, make_url, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from nija_plugins.settings import Settings


class BrokerName(StrEnum):
    """A broker that `nija trade` can start."""

    COINBASE = "coinbase"
    KRAKEN = "kraken"


def ranked(settings: Settings) -> list[BrokerName]:
    """The primary broker, then the secondary one if it is another."""
    both = (settings.primary_broker, settings.secondary_broker)
    return list(dict.fromkeys(BrokerName[one] for one in both))


def overlay(broker: BrokerName) -> Path:
    """The broker's own configuration, laid over the others."""
    return Path(f"config.{broker}.json")


def database(broker: BrokerName, config: Mapping[str, Any], settings: Settings) -> str | None:
    """The address of the bot's database of trades; None when freqtrade's default, or `db_url`,
    names it. The default one belongs to the broker whose trades are in it, whatever becomes the
    primary one later; the primary broker begins it, so that a plain `freqtrade trade` knows the
    same trades."""
    dry = bool(config.get("dry_run", True))
    owner = _trades_of(DEFAULT_DB_DRYRUN_URL if dry else DEFAULT_DB_PROD_URL)
    brokers = ranked(settings)
    if broker == (owner if owner in brokers else brokers[0]) or config.get("db_url"):
        return None
    return f"sqlite:///tradesv3.{broker}.{'dryrun.' if dry else ''}sqlite"


def _trades_of(address: str) -> str | None:
    """Whose trades a database has: the open ones, or else the newest; None without any."""
    file = Path(make_url(address).database or "")
    if not file.is_file():
        return None
    newest = select(Trade.exchange).order_by(Trade.is_open.desc(), Trade.id.desc()).limit(1)
    try:
        with create_engine(address, poolclass=NullPool).connect() as connection:
            found: str | None = connection.scalar(newest)
            return found
    except SQLAlchemyError:
        return None
