"""`nija unlock`: a person ends a lock, knowing what it means."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from nija_plugins import locks
from nija_plugins.cli import tables
from nija_plugins.cli.configuration import DEFAULT_CONFIG, clear_errors
from nija_plugins.cli.database import open_trades_database
from nija_plugins.cli.one_bot import ENV_FILE, EnvFile, OfBroker, loaded


def unlock(
    reason: Annotated[
        str | None, typer.Argument(help="Such as nija_drawdown; none lists the active locks.")
    ] = None,
    config: Annotated[list[Path], typer.Option("--config", "-c")] = [DEFAULT_CONFIG],  # noqa: B006
    broker: OfBroker = None,
    env_file: EnvFile = ENV_FILE,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The list, for scripts.")] = False,
) -> None:
    """List the active locks and what ends each, or end one. A running bot follows in its next loop.

    freqtrade's /unlock, FreqUI and the REST API end the same locks.
    """
    console = Console()
    now = datetime.now(UTC)
    with clear_errors():
        database = open_trades_database(loaded(config, broker, env_file))
        found = locks.every(now)
        if reason is not None and reason not in {why for _, why, _ in found}:
            known = ", ".join(sorted({why for _, why, _ in found})) or "none"
            raise ValueError(f'There is no active lock "{reason}" in {database}. Active: {known}.')
    if reason is None and as_json:
        console.print_json(data={"database": database, "locks": [_facts(*one) for one in found]})
        return
    if reason is None:
        show(console, found, database)
        return
    meaning = locks.UNLOCKING.get(reason, "A lock of freqtrade's own.")
    console.print(f"{reason}: {meaning}", highlight=False)
    if not yes:
        typer.confirm("Unlock?", abort=True)
    for pair, why, _ in found:
        if why == reason:
            locks.release(pair, reason, now)
            console.print(f"Unlocked {'all pairs' if pair == locks.ALL else pair}.")


def _facts(pair: str, reason: str, end: datetime) -> dict[str, str | None]:
    """`pair` and `until` (UTC) are null for all pairs, and where only a person unlocks."""
    return {
        "pair": None if pair == locks.ALL else pair,
        "reason": reason,
        "until": None if _forever(end) else end.isoformat(),
    }


def _forever(end: datetime) -> bool:
    return end.year > datetime.now(UTC).year + 10


def show(
    console: Console, found: tuple[tuple[str, str, datetime], ...], database: str | None = None
) -> None:
    """A table of active locks, in `database`."""
    where = f" in {database}" if database else ""
    if not found:
        console.print(f"Nothing is locked{where}.", markup=False, highlight=False, soft_wrap=True)
        return
    made = tables.table(
        "pairs", "reason", "until (UTC)", "what ends it", title=f"Locks{escape(where)}"
    )
    for pair, reason, end in found:
        made.add_row(
            "all" if pair == locks.ALL else pair,
            reason,
            "a person unlocks" if _forever(end) else f"{end:%Y-%m-%d %H:%M}",
            locks.UNLOCKING.get(reason, "time"),
        )
    tables.show(console, made)
