"""`make results`: every number of docs/results.md, from recorded candles, through the real engine.

    python -m nija_plugins.research.study.results --data FOLDER

Finished backtests are kept in .nija/results, so an interrupted run goes on where it stopped.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from nija_plugins import manager
from nija_plugins.guard import Hooks
from nija_plugins.research.study import grid, page
from nija_plugins.research.study.engine import STRATEGY, NoRecordedCandles, copy_candles
from nija_plugins.research.study.store import Store, basis_of
from nija_plugins.research.study.workers import run_all
from nija_plugins.settings import Settings

HOME = Path(".nija/results")
PAGE, FIGURES = Path("docs/results.md"), Path("docs/results.json")


def results(
    data: Annotated[
        Path, typer.Option(help="Folder with BTC_USDT-1h.feather and so on; see the page.")
    ] = Path("user_data/data/binance"),
    processes: Annotated[int, typer.Option(min=1, max=8)] = 2,
    only_known: Annotated[
        bool, typer.Option(help="Write the page from what is kept, run nothing.")
    ] = False,
) -> None:
    """Run what is missing and write docs/results.md and docs/results.json."""
    console = Console(stderr=True)
    root = Path.cwd()
    if not (root / STRATEGY).is_file():
        console.print("[bold red]results:[/] run this from the repository's folder.")
        raise typer.Exit(2)
    try:
        datadir = copy_candles(data, root / HOME / "candles")
    except NoRecordedCandles as error:
        console.print(f"[bold red]results:[/] {error}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
    filtered = Hooks(manager.build(Settings.load({}, {}))).served("nija_confidence")
    cases = grid.all_cases(root, filtered)
    store = Store(root / HOME / "figures", basis_of(root, datadir))
    if not only_known:
        columns = (TextColumn("backtests"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console) as progress:
            known = sum(store.find(case) is not None for case in cases)
            task = progress.add_task("", total=len(cases), completed=known)
            places = (root, root / HOME / "houses", datadir)
            run_all(cases, store, places, processes, lambda: progress.advance(task))
    found = {case: figures for case in cases if (figures := store.find(case)) is not None}
    written = page.write(root, PAGE, FIGURES, found, datadir, filtered)
    console.print(f"Wrote {written} from {len(found)} of {len(cases)} backtests.")


if __name__ == "__main__":
    typer.run(results)
