"""The `nija` command. A subcommand's module is imported when it is run: most of them need pandas
and freqtrade, and `nija --help` should answer at once."""

import ast
import sys
import traceback
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from nija_plugins.redaction import masked

COMMANDS = (
    *("demo", "offline", "trade", "doctor", "status", "forget", "explain", "signals", "refusals"),
    *("reconcile", "unlock", "plugins", "limits", "train", "replay", "report", "simulate"),
    *("sweep", "hyperopt", "copy"),
)
"""Each is the function of that name in the module of that name."""


class Subcommands(TyperGroup):
    """The commands by name; all but the one that is run are known by their first sentence alone."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """In the order they are shown."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:  # noqa: ARG002
        """What `nija --help` shows of a command; None for an unknown one."""
        if cmd_name not in COMMANDS:
            return None
        return TyperCommand(cmd_name, help=_documentation(cmd_name), rich_markup_mode="rich")

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that is run."""
        if args and args[0] not in COMMANDS and (close := get_close_matches(args[0], COMMANDS, 1)):
            ctx.fail(f"No such command '{args[0]}': did you mean '{close[0]}'?")
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and loaded(name or ""), rest


def _documentation(name: str) -> str | None:
    """The docstring of a command's function, read without importing it."""
    source = (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
    return next(
        ast.get_docstring(one)
        for one in ast.parse(source).body
        if isinstance(one, ast.FunctionDef) and one.name == name
    )


def loaded(name: str) -> Any:
    """The command `name`, its module imported."""
    module = import_module(f"nija_plugins.cli.{name}")
    one = typer.Typer(add_completion=False, rich_markup_mode="rich")
    options: dict[str, Any] = getattr(module, "CONTEXT_SETTINGS", {})
    one.command(name, context_settings=options)(getattr(module, name))
    return typer.main.get_command(one)


app = typer.Typer(cls=Subcommands, no_args_is_help=True, rich_markup_mode="rich")


@app.callback()
def _nija() -> None:
    """NIJA Micro: what freqtrade has no command for."""


def main() -> None:
    """The console script. What nobody foresaw ends with a traceback, without values: typer's shows
    some, and a configuration may be among them."""
    try:
        app()
    except Exception:
        sys.exit(masked(traceback.format_exc()))
