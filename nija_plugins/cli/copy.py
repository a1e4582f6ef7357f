"""`nija copy`: a leader's trades on the accounts that follow it."""

import asyncio
import contextlib
import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from nija_plugins.cli.configuration import clear_errors
from nija_plugins.copying.copier import Copier
from nija_plugins.copying.report import Report
from nija_plugins.copying.setup import load


def copy(
    followers: Annotated[
        Path, typer.Option(help="Who leads, who follows, and which variables hold their secrets.")
    ] = Path("followers.toml"),
    check: Annotated[
        bool, typer.Option("--check", help="Look at every bot once, order nothing, and end.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON an event.")] = False,
) -> None:
    """Copy a leader's trades to the accounts that follow it, until Ctrl-C.

    Entries and exits only: each follower's own NIJA sizes its copies and may refuse them, and its
    own stops go on without us. Nothing is remembered here: start it again whenever you like.
    """
    report = Report(Console(), as_json)
    with clear_errors():
        copier = Copier(load(followers, os.environ), lambda: datetime.now(UTC), report.tell)
        if check:
            raise typer.Exit(0 if asyncio.run(copier.check()) else 1)
        asyncio.run(_until_told(copier))
    report.sum_up([one.name for one in copier.followers])


async def _until_told(copier: Copier) -> None:
    """Copies until Ctrl-C or SIGTERM."""
    task = asyncio.ensure_future(copier.run())
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
