"""`nija offline`: any freqtrade command against a simulated exchange, without a network."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from nija_plugins.venue.address import DEFAULT_PORT
from nija_plugins.venue.app import build_app
from nija_plugins.venue.environment import freqtrade_environment
from nija_plugins.venue.market.candles import CandleSource, FileCandles, NoCandles, SyntheticCandles
from nija_plugins.venue.market.generator import DEFAULT_SEED
from nija_plugins.venue.run_freqtrade import SEED_VARIABLE
from nija_plugins.venue.server import VenueError, serve
from nija_plugins.venue.verdict import command_of

CONTEXT_SETTINGS = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    # What follows freqtrade's command is freqtrade's, `--help` and `--exchange` included.
    "allow_interspersed_args": False,
}
RUNNER = "nija_plugins.venue.run_freqtrade"
AHEAD = timedelta(days=30)
"""How much of a directory's candles a bot still has before it, at most a quarter of them."""


class Exchange(StrEnum):
    """Whose rules, fees and REST."""

    COINBASE = "coinbase"
    KRAKEN = "kraken"
    KRAKENFUTURES = "krakenfutures"


OVERLAYS = {
    Exchange.KRAKEN: "config.kraken.json",
    Exchange.KRAKENFUTURES: "config.futures.json",
}
"""What an exchange adds to freqtrade's configuration."""


def offline(
    ctx: typer.Context,
    exchange: Annotated[
        Exchange,
        typer.Option(help="kraken adds config.kraken.json, krakenfutures config.futures.json."),
    ] = Exchange.COINBASE,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of the simulated exchange on 127.0.0.1.")
    ] = DEFAULT_PORT,
    candles: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="Serve these candles (BTC_USD-1h.feather, ...) instead of the synthetic market.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the synthetic market.")] = DEFAULT_SEED,
) -> None:
    """Run any freqtrade command against a simulated exchange, without a network.

    The market is synthetic unless --candles is given: it has no edge to find.

    nija's options come before freqtrade's command, everything after it is freqtrade's:

    nija offline --seed 7 backtesting --strategy NijaMicro
    """
    console = Console(stderr=True)
    market = f"the candles in {candles}" if candles else f"a synthetic market (seed {seed})"
    console.print(
        f"[bold]nija offline:[/] a simulated exchange with {market}; no real one is asked.",
        soft_wrap=True,
        highlight=False,
    )
    try:
        code = run_offline(ctx.args, exchange, port=port, candles=candles, seed=seed)
    except (VenueError, NoCandles) as error:
        console.print(f"[bold red]nija offline:[/] {error}", soft_wrap=True, highlight=False)
        code = 1
    raise typer.Exit(code)


def run_offline(
    arguments: Sequence[str],
    exchange: Exchange = Exchange.COINBASE,
    *,
    port: int = DEFAULT_PORT,
    candles: Path | None = None,
    seed: int = DEFAULT_SEED,
    program: Sequence[str] = (RUNNER,),
) -> int:
    """Run freqtrade with `arguments`, its own name before them or not, against the simulated
    exchange; its exit code. `program` is the module that runs it, and what it wants to know first.

    Raises VenueError when the port is busy, NoCandles when `candles` holds none.
    """
    if list(arguments[:1]) == ["freqtrade"]:
        arguments = arguments[1:]
    source = _source(arguments, candles, seed, datetime.now(UTC))
    with serve(build_app(source), port) as url:
        market = f"{exchange}-files" if candles else f"{exchange}-{seed}"
        environment = {**os.environ, **freqtrade_environment(url, market, os.environ)}
        if candles is None:
            environment[SEED_VARIABLE] = str(seed)
        command = [sys.executable, "-m", *program]
        return run_on_terminal([*command, *with_overlay(arguments, exchange)], environment)


def with_overlay(arguments: Sequence[str], exchange: Exchange) -> list[str]:
    """`arguments`, and an exchange's overlay (Kraken, Kraken Futures) as the last configuration."""
    arguments = list(arguments)
    if exchange not in OVERLAYS or command_of(arguments) is None:
        return arguments
    overlay = ["-c", OVERLAYS[exchange]]
    if any(re.match(r"-c|--config(=|$)", one) for one in arguments):
        return arguments + overlay
    # Naming one configuration file keeps freqtrade from looking for its default ones.
    return [*arguments, "-c", str(_default_config(arguments)), *overlay]


def _default_config(arguments: Sequence[str]) -> Path:
    """The file freqtrade takes when none is named."""
    directory = "user_data"
    for name, value in zip(arguments, [*arguments[1:], ""], strict=True):
        option, _, attached = name.partition("=")
        if option in ("--userdir", "--user-data-dir"):
            directory = attached or value
    config = Path(directory) / "config.json"
    return config if config.is_file() else Path("config.json")


def _source(
    arguments: Sequence[str], candles: Path | None, seed: int, now: datetime
) -> CandleSource:
    """The synthetic market, or files: with their own dates, unless a bot is to live through them.

    For `trade` recorded candles are shifted so that the present hour lies shortly before their
    end: a bot that starts today sees their past, and lives through the rest.
    """
    if candles is None:
        return SyntheticCandles(seed)
    files = FileCandles(candles)
    if command_of(arguments) != "trade":
        return files
    return FileCandles(candles, last=now + min(AHEAD, files.span / 4))


def run_on_terminal(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run `command` on this terminal, handing on Ctrl-C and SIGTERM; 128 + n when killed by n."""
    with subprocess.Popen(command, env=dict(environment)) as process, _handed_to(process):
        code = process.wait()
    return code if code >= 0 else 128 - code


@contextmanager
def _handed_to(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Signals that would end us go to `process` instead, so that it ends in its own way."""

    def hand_on(signum: int, _frame: Any) -> None:
        # On a terminal Ctrl-C has reached it already; the runner takes the two for one.
        process.send_signal(signum)

    previous = {one: signal.signal(one, hand_on) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in previous.items():
            signal.signal(one, handler)
