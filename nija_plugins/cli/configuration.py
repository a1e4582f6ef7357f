"""The configuration a `nija` command works on, or a clear end."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from os.path import normpath
from pathlib import Path
from typing import Any

import typer
from freqtrade.exceptions import OperationalException
from rich.console import Console

from nija_plugins import redaction
from nija_plugins.settings import Settings

DEFAULT_CONFIG = Path("user_data/config.json")

console = Console(stderr=True)


def load(files: list[Path]) -> dict[str, Any]:
    """freqtrade's configuration from `files` and its environment variables, not validated.

    Raises OperationalException (freqtrade's) naming the file or the place in it.
    """
    # Half of what `nija report` takes to start, and a result needs no configuration.
    from freqtrade.configuration.environment_vars import environment_vars_to_dict
    from freqtrade.configuration.load_config import load_from_files
    from freqtrade.misc import deep_merge_dicts
    from sqlalchemy import make_url
    from sqlalchemy.exc import SQLAlchemyError

    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise OperationalException(
            f"Configuration file {', '.join(missing)} does not exist. "
            "Run nija from the repository's folder, or name one with --config."
        )
    try:
        config = load_from_files([str(file) for file in files])
    except OperationalException as error:
        # freqtrade shows the lines around a mistake, and a key may stand in them.
        reason = str(error).partition("\nPlease verify the following")[0]
        raise OperationalException(_located(files, reason)) from None
    except (OSError, ValueError) as error:
        raise OperationalException(f"The configuration cannot be read: {error}") from None
    except (AttributeError, TypeError, RecursionError):
        raise OperationalException(
            f"{files[0]}, or a file that it names, is no configuration: no object of settings."
        ) from None
    merged: dict[str, Any] = deep_merge_dicts(environment_vars_to_dict(), config)
    merged.setdefault("user_data_dir", files[0].parent)
    redaction.remember(merged)
    if "exchange" in merged:
        exchange_of(merged)
    if not isinstance(merged["user_data_dir"], str | Path):
        raise OperationalException('"user_data_dir" is no folder.')
    try:
        make_url(merged.get("db_url") or "sqlite://")
    except SQLAlchemyError:
        raise OperationalException('"db_url" is no address of a database.') from None
    return merged


def _located(files: list[Path], reason: str) -> str:
    """`reason`, after the file and line it is about: freqtrade tells a mistake's offset alone."""
    offset = re.search(r"at offset (\d+)", reason)
    broken = offset and _first_broken(files)
    if not offset or not broken:
        return reason
    line = broken.read_bytes()[: int(offset[1])].count(b"\n") + 1
    return f"{normpath(broken)}, line {line}: {reason}"


def _first_broken(files: list[Path]) -> Path | None:
    """The first file, of those and the ones they add, that freqtrade cannot read."""
    from freqtrade.configuration.load_config import load_config_file

    for file in files:
        try:
            added = load_config_file(str(file)).get("add_config_files", [])
        except OperationalException:
            return file
        if broken := _first_broken([file.parent / name for name in added]):
            return broken
    return None


def exchange_of(config: dict[str, Any]) -> str:
    """freqtrade's name of the exchange. Raises OperationalException when there is none."""
    section = config.get("exchange")
    name = section.get("name") if isinstance(section, dict) else None
    if not isinstance(name, str):
        raise OperationalException('The configuration names no exchange: set "exchange.name".')
    return name


def learn_tiers(config: dict[str, Any], settings: Settings) -> None:
    """Loads the plugins as a bot does: one of them may append to the tier table. One that cannot be
    loaded is told, and no end: a bot that runs since before needs its commands. Raises
    SettingsError (freqtrade's OperationalException)."""
    from nija_plugins import manager

    try:
        manager.build(settings, Path(config["user_data_dir"]) / "plugins")
    except manager.PluginError as error:
        console.print("Tiers of your own are not known.", error, markup=False, soft_wrap=True)


@contextmanager
def clear_errors() -> Iterator[None]:
    """Ends the command with exit code 2 and one message when a setting or a plugin is wrong."""
    try:
        yield
    except (OperationalException, ValueError) as error:
        console.print("[bold red]nija:[/]", end=" ")
        console.print(redaction.masked(str(error)), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(2) from None
