"""`nija doctor`: is everything in place, and if not, what to do."""

from dataclasses import asdict
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nija_plugins.brokers.bots import BrokerName, overlay
from nija_plugins.brokers.credentials import CredentialsError
from nija_plugins.cli.configuration import DEFAULT_CONFIG, load
from nija_plugins.cli.one_bot import ENV_FILE, EnvFile, OfBroker, loaded
from nija_plugins.doctor import Context, Finding, Level, examine

SYMBOLS = {
    Level.OK: ("✓", "ok", "green"),
    Level.WARNING: ("!", "!", "yellow"),
    Level.FAILED: ("✗", "X", "bold red"),
}
"""A symbol, its spelling on a terminal without it, and its colour."""


def doctor(
    config: Annotated[list[Path], typer.Option("--config", "-c")] = [DEFAULT_CONFIG],  # noqa: B006
    broker: OfBroker = None,
    env_file: EnvFile = ENV_FILE,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Check that everything a bot needs is in place; ends with 1 when something is not."""
    files = (*config, overlay(broker)) if broker else tuple(config)
    context = Context(load=partial(_loaded, config, broker, env_file), files=files)
    console = Console()
    if as_json:
        findings = examine(context)
    else:
        with Console(stderr=True).status("Examining ..."):
            findings = examine(context)
    healthy = not any(one.level is Level.FAILED for one in findings)
    if as_json:
        console.print_json(data={"healthy": healthy, "findings": [asdict(one) for one in findings]})
    else:
        show(findings, console)
    raise typer.Exit(0 if healthy else 1)


def _loaded(files: list[Path], broker: BrokerName | None, env_file: Path) -> dict[str, Any]:
    """The bot's configuration; without its key when that is damaged, which a check says."""
    try:
        return loaded(files, broker, env_file)
    except CredentialsError:
        return load([*files, overlay(broker)] if broker else files)


def show(findings: list[Finding], console: Console) -> None:
    """A line a finding, what to do below it, and the sum."""
    table = Table(box=box.SIMPLE, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    before = None
    for one, following in zip_longest(findings, findings[1:]):
        symbol, plain, style = SYMBOLS[one.level]
        text = Text(one.text)
        repeated = following and (one.check, one.advice) == (following.check, following.advice)
        if one.advice and not repeated:
            arrow = "->" if console.options.ascii_only else "→"
            text.append(f"\n{arrow} {one.advice}", style="cyan")
        table.add_row(
            Text(plain if console.options.ascii_only else symbol, style=style),
            Text("" if one.check == before else one.check),
            text,
        )
        before = one.check
    console.print(table)
    count = {level: sum(one.level is level for one in findings) for level in Level}
    console.print(
        f"{count[Level.OK]} in order, {count[Level.WARNING]} to look at, "
        f"{count[Level.FAILED]} to mend.",
        highlight=False,
    )
