"""Which bot a command is about: its configuration, key and database of trades, as `nija trade`
starts it."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from nija_plugins.brokers.bots import BrokerName, database, overlay
from nija_plugins.brokers.credentials import NAMES, environment, for_freqtrade
from nija_plugins.cli.configuration import exchange_of, load
from nija_plugins.settings import Settings

OfBroker = Annotated[
    BrokerName | None,
    typer.Option("--broker", help="The bot that `nija trade` runs for it; none: of the files."),
]
ENV_FILE = Path(".env")


def _there(file: Path) -> Path:
    """Only the default may be missing: one that is named holds settings somebody counts on."""
    if file != ENV_FILE and not file.is_file():
        raise typer.BadParameter(f"{file} is no file.")
    return file


EnvFile = Annotated[Path, typer.Option(help="Keys; the environment wins.", callback=_there)]


def loaded(files: list[Path], broker: BrokerName | None, env_file: Path) -> dict[str, Any]:
    """The bot's configuration, see `chosen`. Raises OperationalException."""
    return load(chosen(files, broker, env_file))


def chosen(files: list[Path], broker: BrokerName | None, env_file: Path) -> list[Path]:
    """`keyless`, with the bot's key.

    Raises OperationalException for a configuration that cannot be used, and CredentialsError (one
    of these) for a key, when everything else is in place.
    """
    files = keyless(files, broker, env_file)
    name = exchange_of(load(files))
    if name in NAMES:
        os.environ.update(for_freqtrade(name, os.environ))
    return files


def keyless(files: list[Path], broker: BrokerName | None, env_file: Path) -> list[Path]:
    """The files of the bot's configuration. Its database and what `env_file` sets are in this
    process's environment afterwards, as they are in the bot's own. Raises OperationalException."""
    os.environ.update(environment(env_file, os.environ))
    if broker is not None:
        files = [*files, overlay(broker)]
        config = load(files)
        if url := database(broker, config, Settings.load(config)):
            os.environ["FREQTRADE__DB_URL"] = url
    return files
