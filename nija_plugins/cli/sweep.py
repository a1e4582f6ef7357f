"""`nija sweep`: many backtests at once, on all cores or on a Dask cluster."""

import os
import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from nija_plugins.cli.configuration import DEFAULT_CONFIG, clear_errors, exchange_of, load
from nija_plugins.cli.offline import OVERLAYS, Exchange
from nija_plugins.cli.tables import show, table
from nija_plugins.report.words import count, percent

if TYPE_CHECKING:
    from nija_plugins.sweep.cases import Case
    from nija_plugins.sweep.parcel import Parcel
    from nija_plugins.sweep.run import Failed
    from nija_plugins.sweep.store import Store

SHOWN = 20
shown = Console(stderr=True)


def sweep(
    timerange: Annotated[
        str | None, typer.Option(help="20210101-20250101 (UTC); else all that the candles cover.")
    ] = None,
    window: Annotated[
        int | None, typer.Option(min=1, help="Days a window is long; else all of the timerange.")
    ] = None,
    step: Annotated[
        int | None,
        typer.Option(min=1, help="Days from one window's begin to the next; else its length."),
    ] = None,
    starts: Annotated[
        str, typer.Option(help="Days into each window at which an account begins: 0,7,14.")
    ] = "0",
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="name=value,value: a setting, or a parameter of the strategy. Repeated: every "
            "combination.",
        ),
    ] = None,
    sets: Annotated[
        Path | None,
        typer.Option(help="Named sets in TOML or JSON.", exists=True, dir_okay=False),
    ] = None,
    wallet: Annotated[float | None, typer.Option(min=1, help="USD; else dry_run_wallet.")] = None,
    exchange: Annotated[
        Exchange | None, typer.Option(help="Whose fees and rules; else the configuration's.")
    ] = None,
    datadir: Annotated[
        Path | None,
        typer.Option(help="Candles; else user_data/data/EXCHANGE.", exists=True, file_okay=False),
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="A Dask cluster that is running: tcp://10.0.0.5:8786.")
    ] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, help="Without --scheduler; else one for each core.")
    ] = None,
    folder: Annotated[
        Path, typer.Option(help="Results; a backtest that is there is not run again.")
    ] = Path(".nija/sweep"),
    config: Annotated[list[Path], typer.Option("--config", "-c")] = [DEFAULT_CONFIG],  # noqa: B006
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Backtest windows of time × sets of parameters × start dates, and draw a heatmap of them.

    Ctrl-C keeps what is finished, and the same command goes on from there. Ends with 1 when a
    backtest failed, the cluster is not there, or the results cannot be written.
    """
    # These import freqtrade's backtesting and Dask, which no other command should wait for.
    from nija_plugins.sweep.page import write
    from nija_plugins.sweep.run import NoCluster
    from nija_plugins.sweep.store import Store, StoreError
    from nija_plugins.venue.market.marker import MARKER

    begun = perf_counter()
    if scheduler and processes:
        shown.print("[bold red]nija:[/] Name --scheduler or --processes, not both.")
        raise typer.Exit(2)
    with clear_errors(), shown.status("Reading ..."):
        settings = _configuration(config, exchange, wallet)
        datadir = datadir or Path(settings["user_data_dir"], "data", exchange_of(settings))
        synthetic = (datadir / MARKER).is_file()
        cases, parcel = _plan(settings, datadir, timerange, (window, step), starts, values, sets)
    failed: list[Failed] = []
    end, problem = 0, ""
    try:
        store = Store(folder)
        found = {case.key: row for case in cases if (row := store.find(case)) is not None}
        _announce(cases, len(found), store)
        left = [case for case in cases if case.key not in found]
        try:
            _run(left, len(cases), parcel, store, scheduler, processes, found, failed)
        except KeyboardInterrupt:
            end, problem = 130, "Interrupted: the same command goes on from here."
        except NoCluster as error:
            end, problem = 1, str(error)
        rows = [found[case.key] for case in cases if case.key in found]
        # With none, those of the sweep before stay: they belong to the page beside them.
        results = store.write(rows) if rows else None
        report = write(rows, len(cases), folder / "report.html", synthetic) if rows else None
    except StoreError as error:
        _complain(str(error))
        raise typer.Exit(1) from None
    for one in failed[:3]:
        _complain(f"{one.case.timerange}, {one.case.parameters.name}: {one.why}")
    if problem:
        _complain(problem)
    facts = _facts(rows, len(cases), failed, results, report, perf_counter() - begun)
    if as_json:
        Console().print_json(data=facts)
    else:
        _show(Console(), facts)
    raise typer.Exit(end or int(bool(failed)))


def _configuration(
    files: list[Path], exchange: Exchange | None, wallet: float | None
) -> dict[str, Any]:
    """freqtrade's configuration with what the options change."""
    overlay = [Path(OVERLAYS[exchange])] if exchange in OVERLAYS else []
    settings = load([*files, *overlay])
    name = str(exchange or exchange_of(settings))
    if settings.get("trading_mode") == "futures" or name == Exchange.KRAKENFUTURES:
        raise ValueError("A sweep has spot markets only: leave out config.futures.json.")
    if name not in set(Exchange):
        raise ValueError(f"{name} cannot be swept; choose --exchange coinbase or kraken.")
    settings["exchange"] = {**settings["exchange"], "name": name}
    if wallet:
        settings["dry_run_wallet"] = wallet
    return settings


def _plan(
    settings: dict[str, Any],
    datadir: Path,
    timerange: str | None,
    days: tuple[int | None, int | None],
    starts: str,
    values: list[str] | None,
    file: Path | None,
) -> "tuple[tuple[Case, ...], Parcel]":
    from nija_plugins.sweep import cases, parcel, sets

    user_data, exchange = Path(settings["user_data_dir"]), settings["exchange"]["name"]
    section = parcel.section_of(settings, os.environ)
    strategy = user_data / f"strategies/{parcel.STRATEGY}.py"
    own = sets.strategy_parameters(strategy, parcel.STRATEGY)
    chosen = sets.sets(values or (), file, section, own)
    packed = parcel.pack(settings, section, datadir)
    first, last = _span(timerange, parcel.span(packed))
    windows = list(cases.windows(first, last, *days))
    worth = float(settings["dry_run_wallet"])
    offsets = _starts(starts)
    return cases.cases(windows, chosen, offsets, exchange, worth, packed.basis), packed


def _span(timerange: str | None, known: Any) -> tuple[date, date]:
    """The first and the last day, of what the candles allow. Raises ValueError."""
    from nija_plugins.sweep.parcel import FULL_WARM_UP, WARM_UP

    match = re.fullmatch(r"(\d{8})?-(\d{8})?", timerange or "-")
    try:
        if match is None:
            raise ValueError
        first, last = (_day(one) for one in match.groups())
    except ValueError:
        raise ValueError(f'--timerange "{timerange}": say 20210101-20250101.') from None
    first, last = first or known.first + FULL_WARM_UP, last or known.end
    if first - WARM_UP < known.first or last > known.end:
        raise ValueError(
            f"The candles cover {known.first} to {known.end}, and a backtest needs "
            f"{WARM_UP.days} days of them before its first one: choose a --timerange from "
            f"{known.first + WARM_UP} to {known.end}, or fetch more."
        )
    return first, last


def _day(text: str | None) -> date | None:
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date() if text else None


def _starts(text: str) -> list[int]:
    words = [word.strip() for word in text.split(",")]
    if not all(word.isdecimal() for word in words):
        raise ValueError(f'--starts "{text}": say days such as 0,7,14.')
    return list(dict.fromkeys(int(word) for word in words))


def _announce(cases: "Sequence[Case]", known: int, store: "Store") -> None:
    windows = len({case.window for case in cases})
    sets = len({case.parameters.name for case in cases})
    starts = len(cases) // (windows * sets)
    told = ", ".join((count(windows, "window"), count(sets, "set"), count(starts, "start")))
    told = f"{count(len(cases), 'backtest')}: {told}"
    shown.print(f"{told}; {known} are there already." if known else f"{told}.", highlight=False)
    if store.damaged:
        _complain(f"{store.damaged[0]} is damaged: run again ({len(store.damaged)} such).")


def _run(
    left: "Sequence[Case]",
    total: int,
    parcel: "Parcel",
    store: "Store",
    scheduler: str | None,
    processes: int | None,
    found: dict[str, Any],
    failed: "list[Failed]",
) -> None:
    """Adds a row to `found` for every case of `left`, or the case to `failed`."""
    from nija_plugins.sweep.run import Failed, cluster, run_all

    if not left:
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=shown, transient=True) as bar:
        task = bar.add_task("starting workers", total=total, completed=total - len(left))
        by_key = {case.key: case for case in left}
        with cluster(scheduler, processes) as client:
            bar.update(task, description="backtests")
            with closing(run_all(client, left, parcel)) as outcomes:
                for one in outcomes:
                    if isinstance(one, Failed):
                        failed.append(one)
                    else:
                        store.keep(by_key[one["key"]], one)
                        found[one["key"]] = one
                    bar.advance(task)


def _complain(text: str) -> None:
    shown.print("[bold red]nija sweep:[/]", end=" ")
    shown.print(text, markup=False, highlight=False, soft_wrap=True)


def _facts(
    rows: list[dict[str, Any]],
    planned: int,
    failed: "list[Failed]",
    results: Path | None,
    report: Path | None,
    seconds: float,
) -> dict[str, Any]:
    from nija_plugins.sweep.summary import by_set, folds

    return {
        "backtests": planned,
        "finished": len(rows),
        "failed": [
            {"timerange": one.case.timerange, "set": one.case.parameters.name, "why": one.why}
            for one in failed
        ],
        "seconds": round(seconds, 1),
        "sets": [asdict(one) for one in by_set(rows)],
        "folds": [asdict(one) for one in folds(rows)],
        "results": str(results) if results else None,
        "report": str(report) if report else None,
    }


def _show(console: Console, facts: dict[str, Any]) -> None:
    names = ("set", "backtests", "middle", "worst", "best", "drawdown", "with a gain", "trades")
    made = table(*names, title="Return over each window", box=SIMPLE, padding=(0, 1, 0, 0))
    for one in facts["sets"][:SHOWN]:
        returns = (percent(one[name], 1, True) for name in ("middle", "worst", "best"))
        made.add_row(
            *(one["name"], str(one["backtests"]), *returns, percent(one["drawdown"])),
            *(percent(one["profitable"], 0), str(one["trades"])),
        )
    if facts["sets"]:
        show(console, made, spare=("trades", "backtests", "with a gain"))
    if len(facts["sets"]) > SHOWN:
        console.print(f"... and {len(facts['sets']) - SHOWN} more sets.")
    told = f"{facts['finished']} of {count(facts['backtests'], 'backtest')}"
    results = f" Results: {facts['results']}" if facts["results"] else ""
    console.print(f"{told}.{results}", highlight=False, soft_wrap=True)
    if facts["report"]:
        console.print(f"Report: {facts['report']}", highlight=False, soft_wrap=True)
