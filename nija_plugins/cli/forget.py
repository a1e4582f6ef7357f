"""`nija forget`: a bot that will not come back leaves the portfolio."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from nija_plugins.brokers.credentials import environment
from nija_plugins.brokers.ledger import LedgerUnusable
from nija_plugins.brokers.portfolio import SILENT_AFTER
from nija_plugins.brokers.watch import ledger_of
from nija_plugins.cli.configuration import DEFAULT_CONFIG, clear_errors, load
from nija_plugins.cli.database import shown
from nija_plugins.cli.portfolio import look
from nija_plugins.settings import Settings


def forget(
    account: Annotated[str, typer.Argument(help='As `nija status` shows it: "kraken live ...".')],
    config: Annotated[list[Path], typer.Option("--config", "-c")] = [DEFAULT_CONFIG],  # noqa: B006
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Take a bot that will not come back out of the portfolio, as if its money were withdrawn."""
    with clear_errors():
        loaded = load(config)
        settings = Settings.load(loaded, environment(Path(".env"), os.environ))
        ledger = ledger_of(loaded, settings)
        known = look(loaded, settings)
        member = known.member(account)
        if member is None:
            names = ", ".join(f'"{one.account}"' for one in known.members) or "nobody"
            raise ValueError(f'"{account}" is not in {shown(ledger.url)}; in it: {names}.')
        if not member.silent(datetime.now(UTC)):
            minutes = f"{SILENT_AFTER.total_seconds() / 60:.0f} minutes"
            raise ValueError(
                f'"{account}" is alive: stop it first, or it comes back at once. One that gave a '
                f"sign of life within {minutes} counts as alive: wait that long after stopping it."
            )
        try:
            ledger.forget(account)
        except LedgerUnusable as error:
            raise ValueError(str(error)) from None
    console = Console()
    if as_json:
        facts = {"account": account, "broker": member.broker, "equity": member.equity}
        console.print_json(data={"forgotten": facts})
        return
    told = f"{account} is forgotten: ${member.equity:.2f} count no longer."
    console.print(told, markup=False, highlight=False, soft_wrap=True)
