"""`nija demo`: NijaMicro over a synthetic market, through the real engine, from three balances."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from nija_plugins.cli.configuration import DEFAULT_CONFIG, console
from nija_plugins.cli.tables import show, table
from nija_plugins.research.result import Result, ResultError, latest
from nija_plugins.venue.address import DEFAULT_PORT
from nija_plugins.venue.app import build_app
from nija_plugins.venue.environment import freqtrade_environment
from nija_plugins.venue.market.candles import SyntheticCandles
from nija_plugins.venue.market.files import write_synthetic_candles
from nija_plugins.venue.market.generator import DEFAULT_SEED
from nija_plugins.venue.market.marker import MARKER
from nija_plugins.venue.server import VenueError, serve

BALANCES = (15, 240, 990)
"""Starting balances in USD: the smallest account, and two just below a tier."""

FIRST_CANDLE = datetime(2022, 1, 1, tzinfo=UTC)
TIMERANGE = "20220301-20250101"
LAST_CANDLE = datetime(2025, 1, 1, tzinfo=UTC)

HOME = Path(".nija/demo")
STRATEGIES = DEFAULT_CONFIG.parent / "strategies"


@dataclass(frozen=True)
class Backtest:
    """One backtest of the demo."""

    balance: int
    seed: int

    @property
    def folder(self) -> Path:
        """A user directory of its own: freqtrade looks for a cached result nowhere else."""
        return HOME / f"seed-{self.seed}" / f"from-{self.balance}"

    @property
    def results(self) -> Path:
        """Where freqtrade writes the result."""
        return self.folder / "backtest_results"

    @property
    def log(self) -> Path:
        """What freqtrade said."""
        return self.folder.with_suffix(".log")

    def command(self, datadir: Path) -> list[str]:
        """The freqtrade command, as anybody would type it."""
        return [
            *("backtesting", "--strategy", "NijaMicro"),
            *("--timerange", TIMERANGE, "--dry-run-wallet", str(self.balance)),
            *("--userdir", str(self.folder), "--datadir", str(datadir)),
            *("-c", str(DEFAULT_CONFIG), "--strategy-path", str(STRATEGIES)),
            *("--export", "trades", "--cache", "month"),
        ]


def demo(
    seed: Annotated[int, typer.Option(help="Another synthetic market.")] = DEFAULT_SEED,
    port: Annotated[int, typer.Option(min=1, max=65535)] = DEFAULT_PORT,
) -> None:
    """Backtest NijaMicro on a synthetic market, from $15, $240 and $990. No network, no keys."""
    if not DEFAULT_CONFIG.is_file():
        console.print("[bold red]nija:[/] run the demo from the repository's folder.")
        raise typer.Exit(2)
    screen = Console()
    backtests = [Backtest(balance, seed) for balance in BALANCES]
    try:
        datadir = _candles(seed, screen)
        with serve(build_app(SyntheticCandles(seed)), port) as url:
            codes = _run_all(backtests, datadir, url, screen)
    except VenueError as error:
        console.print(f"[bold red]nija demo:[/] {error}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
    failed = [one for one, code in zip(backtests, codes, strict=True) if code != 0]
    for one in failed:
        console.print(f"[bold red]The backtest from ${one.balance} failed:[/] see {one.log}")
        console.print(_tail(one.log), markup=False, highlight=False)
    if failed:
        raise typer.Exit(1)
    try:
        results = [latest(one.results) for one in backtests]
    except ResultError as error:
        console.print(f"[bold red]nija demo:[/] {error}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
    with screen.status("Drawing the reports ..."):
        reports = [_report(one, datadir) for one in results]
    _show(results, seed, screen)
    for file in reports:
        screen.print(f"Report: {file}", highlight=False, soft_wrap=True)


def _report(result: Result, candles: Path) -> Path:
    """The page about one backtest, in the folder of that backtest."""
    from nija_plugins.report.from_result import performance
    from nija_plugins.report.html import write

    file = result.path.parent.parent / "report.html"
    write(performance(result, candles), file)
    return file


def _candles(seed: int, screen: Console) -> Path:
    """The directory of synthetic candles, written when missing or half written."""
    datadir = HOME / f"seed-{seed}" / "candles"
    done = datadir / "complete"
    if not done.exists():
        with screen.status("Making three years of a synthetic market ..."):
            (datadir / MARKER).parent.mkdir(parents=True, exist_ok=True)
            (datadir / MARKER).touch()
            write_synthetic_candles(datadir, FIRST_CANDLE, LAST_CANDLE, seed=seed)
            done.touch()
    return datadir


def _run_all(backtests: list[Backtest], datadir: Path, url: str, screen: Console) -> list[int]:
    """freqtrade's exit codes; the backtests run side by side, as many as there are cores."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with (
        Progress(*columns, console=screen) as progress,
        ThreadPoolExecutor(max_workers=os.cpu_count()) as pool,
    ):

        def run(one: Backtest) -> int:
            task = progress.add_task(f"freqtrade backtesting from ${one.balance}", total=None)
            code = _run(one, datadir, url)
            how = "done" if code == 0 else f"failed with {code}"
            progress.update(
                task, total=1, completed=1, description=f"backtest from ${one.balance}: {how}"
            )
            return code

        return list(pool.map(run, backtests))


def _run(one: Backtest, datadir: Path, url: str) -> int:
    one.results.mkdir(parents=True, exist_ok=True)
    market = f"coinbase-{one.seed}"
    # Where there is no edge the AI filter refuses nearly everything, and nothing is left to show.
    without_filter = {"AI_TRADE_FILTER": "false"}
    environment = {
        **without_filter,
        **os.environ,
        **freqtrade_environment(url, market, os.environ),
    }
    command = [sys.executable, "-m", "nija_plugins.venue.run_freqtrade", *one.command(datadir)]
    with one.log.open("w") as log:
        return subprocess.run(
            command, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False
        ).returncode


def _tail(log: Path, lines: int = 8) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def _show(results: list[Result], seed: int, screen: Console) -> None:
    """The summary: what happened, not how good it looks."""
    first = results[0].statistics
    screen.print()
    screen.print(
        f"[bold]NijaMicro on a synthetic market[/] (seed {seed}): BTC, ETH and SOL, "
        f"{first['backtest_start'][:10]} to {first['backtest_end'][:10]}, "
        f"{first['trades'][0]['fee_open'] if first['trades'] else 0.012:.1%} fee a side.",
        highlight=False,
    )
    screen.print(
        "Prices are a random walk without drift that knows nothing of the strategy: there is no "
        "edge to find, so fees decide. This shows the machine at work, not what it earns. The AI "
        "filter stays out: without an edge it refuses nearly every entry (AI_TRADE_FILTER=true "
        "shows it, from 2023 on).\n",
        highlight=False,
    )
    made = table("", *(f"from ${r.statistics['starting_balance']:.0f}" for r in results))
    for name, cells in _rows(results).items():
        made.add_row(name, *cells, end_section=True)
    show(screen, made)
    if any("engine.locked" in _by_rule(result) for result in results):
        screen.print(
            "Locked: a loss limit was reached. A used-up drawdown (12% below the peak) stays "
            "locked until a person unlocks it, which nobody does in a backtest; "
            "drawdown_pause_days would.",
            highlight=False,
        )
    for result in results:
        screen.print(f"Result: {result.path}", highlight=False, soft_wrap=True)
    screen.print(
        "Each is a freqtrade result: `freqtrade backtesting-show --backtest-directory FOLDER`.",
        highlight=False,
    )


def _rows(results: list[Result]) -> dict[str, list[str]]:
    return {
        "ends with": [f"${r.statistics['final_balance']:.2f}" for r in results],
        "tiers": [_tiers(r) for r in results],
        "trades": [_trades(r) for r in results],
        "refused entries": [_refusals(r) for r in results],
        "worst day": [f"{r.worst_day:.1%}" for r in results],
        "drawdown": [f"{r.drawdown:.1%}" for r in results],
        "fees paid": [f"${_fees(r):.2f}" for r in results],
    }


def _tiers(result: Result) -> str:
    lines = [
        f"{change['time'][:10]} {change['to_tier'] or 'no tier'} (${change['equity']:.2f})"
        for change in result.nija_run.get("tier_changes", [])
    ]
    return _shortened(lines, "changes")


def _trades(result: Result) -> str:
    if result.trades.empty:
        return "none"
    lines = [f"{len(result.trades)} in all"]
    for regime, group in result.trades.groupby("enter_tag"):
        lines.append(f"{regime}: {len(group)}, ${group['profit_abs'].sum():+.2f}")
    return "\n".join(lines)


def _refusals(result: Result) -> str:
    candidates = result.nija_run.get("refused", {}).get("candidates", 0)
    by_rule = sorted(_by_rule(result).items(), key=lambda item: -item[1])
    lines = [f"{_readable(rule)}: {count}" for rule, count in by_rule]
    return "\n".join([f"{candidates} candidates", *lines])


def _by_rule(result: Result) -> dict[str, int]:
    """How many refused candidates each rule objected to; several may object to one."""
    found: dict[str, int] = result.nija_run.get("refused", {}).get("by_rule", {})
    return found


def _readable(rule: str) -> str:
    """`trade_filter.reward_risk` → `reward risk`."""
    return rule.rpartition(".")[2].replace("_", " ")


def _fees(result: Result) -> float:
    if result.trades.empty:
        return 0.0
    t = result.trades
    paid = t["amount"] * (t["open_rate"] * t["fee_open"] + t["close_rate"] * t["fee_close"])
    return float(paid.sum())


def _shortened(lines: list[str], what: str, most: int = 8) -> str:
    """The first and last of many lines."""
    if len(lines) <= most:
        return "\n".join(lines) or "none"
    left_out = len(lines) - most
    half = most // 2
    return "\n".join([*lines[:half], f"... {left_out} more {what} ...", *lines[-half:]])
