"""`nija report`: what happened to an account, as one page."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from nija_plugins.cli.configuration import DEFAULT_CONFIG, clear_errors
from nija_plugins.cli.performance import (
    DatabaseOption,
    ResultArgument,
    StrategyOption,
    of_database,
    of_result,
)

FROM_DATABASE = Path("nija-report.html")


def report(
    result: ResultArgument = None,
    db: DatabaseOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", dir_okay=False, help="Else beside the result.")
    ] = None,
    datadir: Annotated[
        Path | None,
        typer.Option(help="Its candles; else user_data/data/EXCHANGE.", file_okay=False),
    ] = None,
    png: Annotated[
        Path | None,
        typer.Option(help="A folder for pictures of the page and its parts.", file_okay=False),
    ] = None,
    strategy: StrategyOption = None,
    config: Annotated[list[Path], typer.Option("--config", "-c")] = [DEFAULT_CONFIG],  # noqa: B006
) -> None:
    """Write one HTML file about a backtest or a bot: equity, limits, trades, refusals, stakes.

    It needs no network, fits a phone, and is safe to send: no key or path is in it.
    """
    from nija_plugins.report.html import page
    from nija_plugins.report.pictures import take

    console = Console(stderr=True)
    with clear_errors():
        if result and db:
            raise ValueError("Name a result or --db, not both.")
        with console.status("Reading ..."):
            found = of_database(db, config, datadir) if db else of_result(result, strategy, datadir)
        file = output or (FROM_DATABASE if db else _beside(result, found.source))
        with console.status("Drawing ..."):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(page(found), encoding="utf-8")
        Console().print(f"Report: {file}", highlight=False, soft_wrap=True, markup=False)
        if png:
            with console.status("Taking pictures ..."):
                taken = take(file, png)
            told = f"Pictures: {len(taken)} in {png}"
            Console().print(told, highlight=False, soft_wrap=True, markup=False)


def _beside(result: Path | None, source: str) -> Path:
    folder = result or Path("user_data/backtest_results")
    folder = folder.parent if folder.suffix else folder
    return (folder / source).with_suffix(".html")
