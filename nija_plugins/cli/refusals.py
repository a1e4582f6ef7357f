"""`nija refusals`: why entries did not happen."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from nija_plugins.cli.configuration import DEFAULT_CONFIG, clear_errors, load
from nija_plugins.cli.database import shown
from nija_plugins.cli.tables import show, table
from nija_plugins.records.journal import JOURNAL_FILE, JournalUnreadable, Refused, read
from nija_plugins.research import result as results


def refusals(
    since: Annotated[
        datetime | None,
        typer.Option(help="Only from this UTC date (2026-11-24) or time on."),
    ] = None,
    result: Annotated[
        Path | None,
        typer.Option(help="A backtest's zip, or a folder of them, instead of the bot's journal."),
    ] = None,
    last: Annotated[int, typer.Option(min=0, help="How many candidates to list.")] = 20,
    config: Annotated[list[Path], typer.Option("--config", "-c")] = [DEFAULT_CONFIG],  # noqa: B006
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Show refused entries with every rule's reason, and how often each rule objected."""
    start = since.replace(tzinfo=UTC) if since else None
    with clear_errors():
        source = result or Path(load(config)["user_data_dir"]) / JOURNAL_FILE
        found = _of_result(source, start) if result else _of_bot(source, start)
    console = Console()
    if as_json:
        rows = [
            {"time": one.time.isoformat(), "pair": one.pair, "rule": one.rule, "why": one.sentence}
            for one in found
        ]
        console.print_json(data=rows)
        return
    if not found:
        there = f"No entry was refused, says {shown(source)}."
        missing = f"No entry was refused: there is no {shown(source)} yet."
        told = there if source.exists() else missing
        console.print(told, markup=False, highlight=False, soft_wrap=True)
        return
    _show(console, found, last, shown(source))


def _of_bot(path: Path, since: datetime | None) -> list[Refused]:
    try:
        return list(read(path, since))
    except JournalUnreadable as error:
        raise ValueError(str(error)) from None


def _of_result(path: Path, since: datetime | None) -> list[Refused]:
    run = results.found(path).nija_run
    try:
        return _refused(run.get("refused", {}).get("records", []), since)
    except (LookupError, ValueError, TypeError, AttributeError):
        raise ValueError(f"The refusals in {path} cannot be read.") from None


def _refused(records: list[dict[str, Any]], since: datetime | None) -> list[Refused]:
    found = []
    for record in records:
        time = datetime.fromisoformat(record["time"])
        score = float(record["score"])
        if since is None or time >= since:
            for rule, sentence in record["reasons"].items():
                told = (str(record["pair"]), score, str(rule), str(sentence))
                found.append(Refused(time, "backtest", *told))
    return found


def _show(console: Console, found: list[Refused], last: int, source: str) -> None:
    made = table("time (UTC)", "pair", "rule", "why", title=f"Refused entries in {escape(source)}")
    candidates = list(dict.fromkeys((one.time, one.pair) for one in found))
    listed = set(candidates[len(candidates) - last :]) if last else set()
    for one in found:
        if (one.time, one.pair) in listed:
            made.add_row(f"{one.time:%Y-%m-%d %H:%M}", one.pair, one.rule, one.sentence)
    if listed:
        show(console, made)
    counts = table("rule", "objections", title=f"{len(candidates)} candidates refused")
    for rule, count in Counter(one.rule for one in found).most_common():
        counts.add_row(rule, str(count))
    show(console, counts)
