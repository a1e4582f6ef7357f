"""`nija replay`: the real bot over candles of the past, faster than time, beside its backtest."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from filelock import FileLock, Timeout
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from nija_plugins.cli.configuration import DEFAULT_CONFIG, clear_errors, exchange_of, load
from nija_plugins.cli.offline import Exchange
from nija_plugins.cli.tables import show, table
from nija_plugins.replay.compare import Pairing, Verdict, dollars_by_cause, entries_shared
from nija_plugins.replay.house import LOG_FILE
from nija_plugins.replay.run import Plan, Rehearsal, rehearse
from nija_plugins.venue.market.candles import FileCandles, SyntheticCandles
from nija_plugins.venue.market.generator import DEFAULT_SEED

FOLDER = Path(".nija/replay")
SHOWN = 20


def replay(
    first: Annotated[datetime, typer.Option("--from", help="First hour (UTC), 2024-01-01.")],
    last: Annotated[datetime, typer.Option("--to", help="The hour to end before (UTC).")],
    live: Annotated[
        bool, typer.Option("--live", help="Live, against the simulated exchange's private side.")
    ] = False,
    iterations: Annotated[
        int, typer.Option(min=1, max=720, help="How often the bot looks, per hourly candle.")
    ] = 12,
    exchange: Annotated[
        Exchange | None, typer.Option(help="Instead of the configuration's.")
    ] = None,
    wallet: Annotated[
        float | None, typer.Option(min=1, help="USD, instead of dry_run_wallet.")
    ] = None,
    spread: Annotated[bool, typer.Option(help="Bid and ask differ.")] = True,
    candles: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="Recorded candles (BTC_USD-1h.feather, ...) instead of the synthetic market.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the synthetic market.")] = DEFAULT_SEED,
    config: Annotated[list[Path], typer.Option("--config", "-c")] = [DEFAULT_CONFIG],  # noqa: B006
    folder: Annotated[Path, typer.Option(help="Where it lives; replaced.")] = FOLDER,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Replay NijaMicro's real bot over past candles and compare it with its backtest.

    freqtrade's own worker, unmodified, under a simulated clock against the simulated exchange.
    Ctrl-C compares what was replayed so far. Your state files and databases are not touched.
    """
    console = Console()
    begin, end = (moment.replace(tzinfo=UTC) for moment in (first, last))
    with clear_errors():
        if begin >= end:
            raise ValueError(
                f"--from {begin:%Y-%m-%d %H:%M} is not before --to {end:%Y-%m-%d %H:%M}."
            )
        settings = load(config)
        exchange_of(settings)
        if exchange is Exchange.KRAKENFUTURES or settings.get("trading_mode") == "futures":
            raise ValueError("A replay has spot markets only: leave out config.futures.json.")
        if exchange:
            settings["exchange"] = {**settings["exchange"], "name": str(exchange)}
        if wallet:
            settings["dry_run_wallet"] = wallet
        source = FileCandles(candles) if candles else SyntheticCandles(seed)
        plan = Plan(source, begin, end, iterations, live, spread)
        hours = int((end - begin).total_seconds() // 3600)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        shown = Console(stderr=True)
        bars = Progress(*columns, TimeRemainingColumn(), console=shown, transient=True)
        with _alone_in(folder), bars as bar:
            task = bar.add_task("candles", total=hours)
            found = rehearse(plan, settings, folder, lambda _: bar.advance(task))
    if as_json:
        console.print_json(data=_facts(found))
    else:
        _show(console, found, iterations)
    if found.replayed.reached < end:
        raise typer.Exit(130)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keeps `folder` from being replaced under a replay. Raises ValueError while another runs, and
    for one that holds something else."""
    if not _replaceable(folder):
        raise ValueError(
            f"--folder {folder} would be replaced, and what is in it is no replay: name an empty "
            "or a new one."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder.with_name(f"{folder.name}.lock"), timeout=0):
            yield
    except Timeout:
        raise ValueError(
            f"Another replay runs in {folder}: wait for it, or give this one a --folder of its own."
        ) from None


def _replaceable(folder: Path) -> bool:
    """Whether nobody's files are lost with `folder`: it is ours, an earlier replay's, empty or not
    there. A replay that never began left no log."""
    if folder.absolute() == FOLDER.absolute() or not folder.exists():
        return True
    return folder.is_dir() and ((folder / LOG_FILE).is_file() or not any(folder.iterdir()))


def _show(console: Console, found: Rehearsal, iterations: int) -> None:
    counts = {one: sum(p.verdict is one for p in found.pairings) for one in Verdict}
    made = table("", "pair", "entered (UTC)", "backtest", "replay", "difference")
    notable = [one for one in found.pairings if one.verdict is not Verdict.MATCHED]
    for one in notable[:SHOWN]:
        deal = one.backtest or one.replay
        assert deal is not None
        made.add_row(
            str(one.verdict), deal.pair, f"{deal.opened:%Y-%m-%d %H:%M}", *_sides(one), _causes(one)
        )
    if notable:
        show(console, made, spare=("difference",))
    if len(notable) > SHOWN:
        console.print(f"... and {len(notable) - SHOWN} more; --json has all of them.")
    said = ", ".join(f"{number} {verdict}" for verdict, number in counts.items())
    shared = f"; {entries_shared(found.pairings):.1%} of entries in the same candle."
    console.print(
        f"Until {found.replayed.reached:%Y-%m-%d %H:%M} UTC: "
        + (said + shared if found.pairings else "neither backtest nor replay entered anything."),
        highlight=False,
    )
    total = dollars_by_cause(found.pairings)
    if total:
        told = ", ".join(f"{cause} {dollars:+.2f}" for cause, dollars in total.items())
        console.print(f"Dollars by cause (replay less backtest): {told}.", highlight=False)
    console.print(
        f"{found.speed:.1f} candles a second, {iterations} iteration{'s' * (iterations > 1)} each. "
        f"The bot's log: {found.house.log}",
        highlight=False,
        soft_wrap=True,
    )


def _sides(one: Pairing) -> tuple[str, str]:
    return tuple(  # type: ignore[return-value]
        "–"
        if deal is None
        else f"{deal.open_rate:g} → {'open' if deal.close_rate is None else f'{deal.close_rate:g}'}"
        f" ({deal.reason or 'open'})"
        for deal in (one.backtest, one.replay)
    )


def _causes(one: Pairing) -> str:
    return ", ".join(f"{c} {d:+.2f}" for c, d in one.dollars.items() if abs(d) >= 0.005) or "0.00"


def _facts(found: Rehearsal) -> dict[str, object]:
    facts: dict[str, object] = {
        "reached": found.replayed.reached.isoformat(),
        "entries_shared": entries_shared(found.pairings),
        "dollars_by_cause": dollars_by_cause(found.pairings),
        "candles_per_second": round(found.speed, 1),
        "trades": [asdict(one) for one in found.pairings],
    }
    plain: dict[str, object] = json.loads(json.dumps(facts, default=datetime.isoformat))
    return plain
