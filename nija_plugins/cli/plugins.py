"""`nija plugins`: what is loaded, from where, serving which hooks."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from nija_plugins import manager
from nija_plugins.cli.configuration import DEFAULT_CONFIG, clear_errors, load
from nija_plugins.cli.tables import show, table
from nija_plugins.scaling.engine import AutoScalingEngine
from nija_plugins.scaling.plugin import ScalingPlugin
from nija_plugins.settings import Settings

ROOM_FOR_PATHS = 100
"""Columns from which on there is room for folded paths beside whole names."""


def plugins(
    config: Annotated[list[Path], typer.Option("--config", "-c")] = [DEFAULT_CONFIG],  # noqa: B006
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """List the loaded plugins."""
    with clear_errors():
        loaded = load(config)
        settings = Settings.load(loaded)
        built = manager.build(settings, Path(loaded["user_data_dir"]) / "plugins")
        built.register(ScalingPlugin(AutoScalingEngine(), settings), name=manager.SCALING)
    found = list(manager.describe(built))
    console = Console()
    if as_json:
        console.print_json(data=[asdict(plugin) for plugin in found])
        return
    made = table("plugin", "kind", "version", "hooks", "origin")
    for plugin in sorted(found, key=lambda one: (one.kind, one.name)):
        made.add_row(
            plugin.name, plugin.kind, plugin.version, ", ".join(plugin.hooks), _short(plugin.origin)
        )
    if console.width < ROOM_FOR_PATHS:
        show(console, made, spare=("origin", "version", "kind"))
        return
    for column in made.columns[:-1]:  # names that people copy
        column.min_width = max(len(word) for cell in column.cells for word in str(cell).split())
    show(console, made)


def _short(origin: str) -> str:
    """A path as seen from here."""
    path = Path(origin)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        return str(path.relative_to(Path.cwd()))
    return origin
