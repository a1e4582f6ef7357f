"""`nija simulate`: where an account may go, if its trades come again in another order."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from nija_plugins.cli.configuration import DEFAULT_CONFIG, clear_errors
from nija_plugins.cli.performance import (
    DatabaseOption,
    ResultArgument,
    StrategyOption,
    of_database,
    of_result,
)
from nija_plugins.cli.tables import fits, show, table
from nija_plugins.report.words import money, number, percent
from nija_plugins.research.growth import (
    QUANTILES,
    History,
    Month,
    TooFewTrades,
    history,
    mean_r,
)
from nija_plugins.research.growth import (
    simulate as draw,
)
from nija_plugins.settings import Settings


def simulate(
    result: ResultArgument = None,
    db: DatabaseOption = None,
    equity: Annotated[
        float | None,
        typer.Option(min=1, help="USD to start with; else what the result ended with."),
    ] = None,
    months: Annotated[int, typer.Option(min=1, max=120)] = 12,
    paths: Annotated[int, typer.Option(min=100, max=100_000, help="How many are drawn.")] = 5000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed, the same odds.")] = 1,
    block: Annotated[
        int | None,
        typer.Option(min=1, help="Mean length of a run of trades; else the cube root of them all."),
    ] = None,
    strategy: StrategyOption = None,
    config: Annotated[list[Path], typer.Option("--config", "-c")] = [DEFAULT_CONFIG],  # noqa: B006
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Draw an account's trades again (a stationary bootstrap of R) and tell the odds by month.

    Odds of each tier, of having been below the lowest one, and of a used-up drawdown. Ends with 1
    when there are too few trades to tell any.
    """
    console = Console()
    with clear_errors():
        if result and db:
            raise ValueError("Name a result or --db, not both.")
        found = of_database(db, config, None) if db else of_result(result, strategy, None)
        worth = equity or found.final
        try:
            past = history(found.trades, found.start, found.end)
        except TooFewTrades as reason:
            if as_json:
                facts = {"trades": len(found.trades), "problem": str(reason), "months": None}
                console.print_json(data=facts)
            else:
                console.print(f"No odds: {reason}", markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(1) from None
        with Console(stderr=True).status("Drawing ..."):
            drawn = draw(
                past, worth, found.settings, months=months, paths=paths, seed=seed, block=block
            )
    if as_json:
        mean, low, high = mean_r(past, seed)
        facts = {
            "trades": len(past.r),
            "equity": worth,
            "mean_r": {"mean": mean, "low": low, "high": high},
            "quantiles": QUANTILES,
            "block": block or past.block,
            "paths": paths,
            "seed": seed,
            "months": [asdict(one) for one in drawn],
        }
        console.print_json(data=facts)
        return
    _show(console, drawn, found.settings)
    _rest(console, past, worth, block or past.block, paths, seed)


def _show(console: Console, months: list[Month], settings: Settings) -> None:
    tiers = [name for name in months[0].tiers if any(one.tiers[name] > 0 for one in months)]
    used_up = f"{settings.max_drawdown:g}% used up"
    equity = {
        "worst 5%": [_whole(one.quantiles[0]) for one in months],
        "middle": [_whole(one.quantiles[2]) for one in months],
        "best 5%": [_whole(one.quantiles[4]) for one in months],
    }
    odds = {name: [percent(one.tiers[name], 0) for one in months] for name in tiers}
    odds |= {
        "been <$15": [percent(one.below, 1) for one in months],
        used_up: [percent(one.halted, 1) for one in months],
    }
    together = _by_month("Equity and odds at the end of each month", equity | odds)
    if fits(console, together):
        show(console, together)
        return
    show(console, _by_month("Equity at the end of each month", equity))
    show(console, _by_month("Odds at the end of each month", odds))


def _by_month(title: str, columns: dict[str, list[str]]) -> Table:
    style = {"box": SIMPLE, "padding": (0, 1, 0, 0), "show_edge": False, "pad_edge": False}
    made = table("month", *columns, title=title, **style)
    for number_, cells in enumerate(zip(*columns.values(), strict=True), start=1):
        made.add_row(str(number_), *cells)
    return made


def _whole(amount: float) -> str:
    """Without the cents that nobody can know."""
    return money(amount) if amount < 100 else money(round(amount)).removesuffix(".00")


def _rest(console: Console, past: History, worth: float, block: int, paths: int, seed: int) -> None:
    """What it rests on."""
    mean, low, high = mean_r(past, seed)
    console.print(
        f"From {money(worth)}, {paths:,} paths, runs of {block} trades on average, seed {seed}.\n"
        f"All of it rests on {len(past.r)} trades. Their mean of {number(mean, 2, True)} R could "
        f"as well be anything from {number(low, 2, True)} to {number(high, 2, True)} (90%). Trades "
        "come one after another here, never at once, and the peak is what it starts with:\na "
        "drawdown is used up more often than this says. What happened need not happen again.",
        highlight=False,
        soft_wrap=True,
    )
