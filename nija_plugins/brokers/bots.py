"""The bots of `nija trade`: which brokers, and what tells one bot's configuration and database from
the other's."""

from collections.abc import Mapping
from enum import StrEnum
from itertools import combinations
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


def shared(configs: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What the bots of `configs` (by broker) would fight over: a sentence each. Only one of them
    would get it, and a person's /forceexit or /stopentry would reach that one alone."""
    found = []
    for (one, first), (other, second) in combinations(configs.items(), 2):
        doors = [_section(each, "api_server") for each in (first, second)]
        if all(doors) and len({door.get("listen_port", 8080) for door in doors}) == 1:
            port = doors[0].get("listen_port", 8080)
            found.append(
                f"The bots of {one} and {other} both want port {port} for their API: give one its "
                f'own, "api_server": {{"listen_port": {port + 1}}} in {overlay(BrokerName(other))}.'
            )
        voices = [_section(each, "telegram") for each in (first, second)]
        if all(voices) and len({voice.get("token") for voice in voices}) == 1:
            found.append(
                f"The bots of {one} and {other} have the same Telegram token: give each a Telegram "
                f'bot of its own, "telegram": {{"token": ...}} in {overlay(BrokerName(other))}.'
            )
    return found


def _section(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A section that is switched on; else nothing."""
    section: Mapping[str, Any] = config.get(name) or {}
    return section if section.get("enabled") else {}


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
