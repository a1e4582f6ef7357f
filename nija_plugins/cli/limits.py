"""`nija limits`: do the loss limits hold, whatever is entered and whatever the market does?"""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from nija_plugins.cli.configuration import DEFAULT_CONFIG, console
from nija_plugins.cli.paper import Paper
from nija_plugins.venue.market.candles import NoCandles

if TYPE_CHECKING:
    from nija_plugins.research.limits.table import Found


def limits(
    data: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="Hourly candles of 2020-08 to 2024 (BTC_USDT-1h.feather, ...) to try as well.",
        ),
    ] = None,
    markets: Annotated[int, typer.Option(min=0, help="How many synthetic markets.")] = 200,
    days: Annotated[int, typer.Option(min=7, max=300, help="How long each is traded.")] = 30,
    processes: Annotated[int, typer.Option(min=1)] = 2,
    folder: Annotated[
        Path, typer.Option(help="Where measurements are kept; what is there is not run again.")
    ] = Path(".nija/limits"),
    write: Annotated[
        Path | None, typer.Option(help="The page to write (docs/risk-table.md) instead of showing.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="What was measured, for scripts.")
    ] = False,
) -> None:
    """Measure the worst day and drawdown with NijaMicro's entries and with senseless ones.

    Those are a coin flip and "always enter". Ends with 1 when a limit was broken by more than gaps
    explain.

    About 20 minutes on two cores; interrupted, it goes on where it stopped.
    """
    # These import freqtrade's backtesting, which no other command should wait for.
    from nija_plugins.research.limits.case import recorded, synthetic
    from nija_plugins.research.limits.pool import run_all
    from nija_plugins.research.limits.table import document

    if not DEFAULT_CONFIG.is_file():
        console.print("[bold red]nija:[/] run this from the repository's folder.")
        raise typer.Exit(2)
    cases = list(chain(recorded() if data else (), synthetic(markets, days)))
    found = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task("backtests", total=len(cases))
        try:
            for one in run_all(cases, Path.cwd(), folder.resolve(), data, processes):
                found.extend(one)
                progress.advance(task)
        except NoCandles as error:
            console.print(f"[bold red]nija limits:[/] {error}", highlight=False, soft_wrap=True)
            raise typer.Exit(1) from None
    options = f" --markets {markets} --days {days}" if (markets, days) != (200, 30) else ""
    command = f"nija limits{' --data DIR' if data else ''}{options} --write docs/risk-table.md"
    page = document(found, command, days)
    if write:
        write.write_text(page, encoding="utf-8")
        console.print(f"{write} written.", highlight=False)
    if as_json:
        Console().print_json(data=_facts(found))
    elif not write:
        Console().print(Paper(page))
    if any(measured.unexplained for _, measured in found):
        console.print("[bold red]A limit was broken without a gap:[/] see the exceptions.")
        raise typer.Exit(1)


def _facts(found: "Sequence[Found]") -> dict[str, Any]:
    """Every run: falls as fractions ≥ 0, amounts in stake currency, hours since 1970 (UTC).
    `explained` is whether gaps through stops cost what a limit was broken by."""
    runs = []
    for case, measured in found:
        facts = asdict(case) | {"first": f"{case.first:%Y-%m-%d}", "last": f"{case.last:%Y-%m-%d}"}
        over = [
            {"limit": name, **asdict(worst), "explained": worst.explained}
            for name, worst in measured.over
        ]
        runs.append(facts | asdict(measured) | {"over": over})
    broken = sum(len(measured.unexplained) for _, measured in found)
    return {"unexplained": broken, "runs": runs}
