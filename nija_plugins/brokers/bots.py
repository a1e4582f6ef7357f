"""The bots of `nija trade`: which brokers, and what tells one bot's configuration and database from
the other's."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

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
    names it. The primary broker has the default one, so that a plain `freqtrade trade` knows the
    same trades."""
    if broker is ranked(settings)[0] or config.get("db_url"):
        return None
    way = "dryrun." if config.get("dry_run", True) else ""
    return f"sqlite:///tradesv3.{broker}.{way}sqlite"
