"""`nija limits`: do the loss limits hold, whatever is entered and whatever the market does?"""

from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from nija_plugins.cli.configuration import DEFAULT_CONFIG, console
from nija_plugins.venue.candles import NoCandles


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
) -> None:
    """Measure the worst day and the worst drawdown with NijaMicro's entries, a coin flip and
    "always enter". Ends with 1 when a limit was broken by more than gaps explain.

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
    else:
        Console().print(Markdown(page))
    if any(measured.unexplained for _, measured in found):
        console.print("[bold red]A limit was broken without a gap:[/] see the exceptions.")
        raise typer.Exit(1)
