"""`nija report`: what happened to an account, as one page."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from nija_plugins.cli.configuration import DEFAULT_CONFIG, clear_errors
from nija_plugins.cli.facts import known, mean
from nija_plugins.cli.performance import (
    DatabaseOption,
    ResultArgument,
    StrategyOption,
    of_database,
    of_result,
)
from nija_plugins.report.performance import Performance

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
    as_json: Annotated[
        bool, typer.Option("--json", help="What was written and its numbers, for scripts.")
    ] = False,
) -> None:
    """Write one HTML file about a backtest or a bot: equity, limits, trades, refusals, stakes.

    It needs no network, fits a phone, and is safe to send: no key or path is in it.
    """
    from nija_plugins.report.html import write
    from nija_plugins.report.pictures import take

    console = Console(stderr=True)
    with clear_errors():
        if result and db:
            raise ValueError("Name a result or --db, not both.")
        with console.status("Reading ..."):
            found = of_database(db, config, datadir) if db else of_result(result, strategy, datadir)
        file = output or (FROM_DATABASE if db else _beside(result, found.source))
        with console.status("Drawing ..."):
            write(found, file)
        if not as_json:
            _say(f"Report: {file}")
        taken = list[Path]()
        if png:
            with console.status("Taking pictures ..."):
                taken = take(file, png)
            if not as_json:
                _say(f"Pictures: {len(taken)} in {png}")
    if as_json:
        written = {"report": str(file), "pictures": [str(one) for one in taken]}
        Console().print_json(data=written | _facts(found))


def _say(text: str) -> None:
    Console().print(text, highlight=False, soft_wrap=True, markup=False)


def _facts(found: Performance) -> dict[str, Any]:
    """The page's numbers: amounts in `currency`, fractions, times in UTC. `drawdown` is below the
    highest ever, `counted_drawdown` below the peak that the limit counts from."""
    from nija_plugins.report.panels.account import counted_drawdown

    trades = found.trades
    won = trades["profit"] > 0
    return {
        "source": found.source,
        "exchange": found.exchange,
        "currency": found.currency,
        "from": found.start.isoformat(),
        "to": found.end.isoformat(),
        "starting": found.starting,
        "final": found.final,
        "total_return": known(found.total_return),
        "drawdown": known(found.drawdown),
        "counted_drawdown": known(counted_drawdown(found)),
        "max_drawdown": found.settings.max_drawdown / 100,
        "worst_day": known(found.worst_day),
        "daily_max_loss": found.settings.daily_max_loss / 100,
        "trades": len(trades),
        "won": int(won.sum()),
        "mean_r": mean(trades["r"].dropna()),
        "fees": float(trades["fees"].sum()),
        "refused_candidates": found.candidates,
        "tier": found.last_tier,
        "tier_changes": [dict(one) for one in found.tier_changes],
        "halts": [[begin.isoformat(), end.isoformat()] for begin, end in found.halts],
    }


def _beside(result: Path | None, source: str) -> Path:
    folder = result or Path("user_data/backtest_results")
    folder = folder.parent if folder.suffix else folder
    return (folder / source).with_suffix(".html")
