"""`nija trade`: one freqtrade for each broker that the balances allow, as one portfolio."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from filelock import FileLock, Timeout
from freqtrade.exceptions import OperationalException
from rich.console import Console

from nija_plugins.brokers import supervision
from nija_plugins.brokers.balance import balance
from nija_plugins.brokers.bots import BrokerName, database, overlay, ranked, shared
from nija_plugins.brokers.credentials import credentials, environment, missing
from nija_plugins.brokers.ledger import LedgerUnusable
from nija_plugins.brokers.watch import ledger_of
from nija_plugins.cli.configuration import DEFAULT_CONFIG, clear_errors, load
from nija_plugins.cli.database import has_started, open_positions
from nija_plugins.cli.offline import run_on_terminal
from nija_plugins.cli.one_bot import ENV_FILE, EnvFile
from nija_plugins.doctor.context import STRATEGY, Context
from nija_plugins.doctor.examination import examine
from nija_plugins.doctor.exchange import clock, reachable
from nija_plugins.doctor.finding import Level
from nija_plugins.risk.minimum_balance import broker_minimum
from nija_plugins.settings import Settings

console = Console(stderr=True)


@dataclass(frozen=True)
class Broker:
    """A broker that may be started: its configuration with its key, what its account holds (stake
    currency), whether it has traded before, how many positions its bot left open, and what is wrong
    with it: a sentence for a person."""

    name: BrokerName
    files: tuple[Path, ...]
    config: dict[str, Any]
    settings: Settings
    equity: float
    started: bool = False
    positions: int = 0
    problem: str | None = None


def trade(
    broker: Annotated[BrokerName | None, typer.Option(help="Only this one.")] = None,
    config: Annotated[
        list[Path], typer.Option("--config", "-c", help="Below each broker's own overlay.")
    ] = [DEFAULT_CONFIG],  # noqa: B006
    env_file: EnvFile = ENV_FILE,
) -> None:
    """Start a bot for each broker whose balance allows it, and keep them running. Ctrl-C ends all.

    Keys come from .env (template: .env.micro_capital). Dry-run until "dry_run" is false.
    """
    with clear_errors():
        os.environ.update(environment(env_file, os.environ))
        settings = Settings.load(load(config))
        names = [broker] if broker else ranked(settings)
        brokers = allowed(list(candidates(names, config, os.environ, settings)), settings)
        _keep_apart(brokers)
        with ExitStack() as locks:
            for one in brokers:
                locks.enter_context(_only_one(one))
            bots = {str(one.name): command_of(one, env_file) for one in brokers}
            folder = Path(brokers[0].config["user_data_dir"])
            path = supervision.write_config(folder, bots)
            code = run_on_terminal(supervision.command(path), os.environ)
    raise typer.Exit(code)


def candidates(
    names: list[BrokerName], config: list[Path], environ: Mapping[str, str], settings: Settings
) -> Iterator[Broker]:
    """The brokers of `names` that have a key where one is needed; the first one must. Raises
    OperationalException for what keeps any bot from starting."""
    for name in names:
        files = (*config, overlay(name))
        loaded = load(list(files))
        if len(names) > 1 and loaded.get("db_url"):
            raise OperationalException(
                '"db_url" names one database of trades, and each bot needs its own: leave it out, '
                "or start one broker at a time (--broker)."
            )
        found = credentials(name, environ)
        if not loaded.get("dry_run", True):
            if found is None and name == names[0]:
                raise missing(name)
            if found is None:
                console.print(f"{name} has no key: it is left out.", highlight=False)
                continue
        if found is not None:
            loaded["exchange"] = loaded["exchange"] | {"key": found[0], "secret": found[1]}
        equity, problem = _asked(loaded, settings, environ)
        mine = {**loaded, "db_url": database(name, loaded, settings) or loaded.get("db_url")}
        begun, held = has_started(mine), open_positions(mine)
        yield Broker(name, files, loaded, settings, equity, begun, held, problem)


def _asked(
    config: dict[str, Any], settings: Settings, environ: Mapping[str, str]
) -> tuple[float, str | None]:
    """What the broker's account holds, in stake currency, and what is wrong with the broker."""
    try:
        _look_at(config, environ)
        _ask_ledger(config, settings)
        return balance(config, settings), None
    except OperationalException as error:
        return 0.0, str(error)


def allowed(brokers: list[Broker], settings: Settings) -> list[Broker]:
    """Those whose balance suffices, and those with open positions, whatever is wrong: nobody else
    watches their stops. As in the bot, a fee must not end trading that has begun. Raises
    OperationalException when none is left, and for what a person has to mend while none has a
    position."""
    watched = any(one.positions for one in brokers)
    found = []
    for one in brokers:
        if one.problem and not watched:
            raise OperationalException(one.problem)
        left_out = None if one.positions else one.problem or _shortfall(one, settings)
        if left_out:
            told = f"{left_out} {one.name} is left out."
        elif one.problem:
            told = f"{one.problem} {one.name} starts all the same: open positions: {one.positions}"
        else:
            told = f"{one.name}: ${one.equity:.2f}"
            told += f", open positions: {one.positions}" if one.positions else ""
        console.print(told, highlight=False)
        if not left_out:
            found.append(one)
    total = sum(one.equity for one in found)
    slack = max((_slack(one, settings) for one in found), default=0.0)
    enough = total >= settings.min_balance_to_trade * (1 - slack)
    if not watched and not (found and enough):
        raise OperationalException(
            f"Nothing to start: ${total:.2f} on brokers above their minimum, and trading starts at "
            f"${settings.min_balance_to_trade:.2f} (min_balance_to_trade)."
        )
    return found


def _keep_apart(brokers: list[Broker]) -> None:
    """Says what the bots would fight over. Raises OperationalException for it while none has a
    position, whose stop somebody must watch."""
    for why in shared({one.name: one.config for one in brokers}):
        if not any(one.positions for one in brokers):
            raise OperationalException(why)
        console.print(f"{why} Until then one bot hears nobody.", highlight=False)


def _shortfall(broker: Broker, settings: Settings) -> str | None:
    """A sentence when its account holds less than its minimum."""
    needed = broker_minimum(broker.name, settings) * (1 - _slack(broker, settings))
    if broker.equity >= needed:
        return None
    return (
        f"{broker.name} holds ${broker.equity:.2f}, below its minimum of ${needed:.2f} "
        f"(min_balance_{broker.name})."
    )


def _slack(broker: Broker, settings: Settings) -> float:
    """The fraction of a minimum that may be missing."""
    return settings.downgrade_buffer / 100 if broker.started else 0.0


def command_of(broker: Broker, env_file: Path) -> list[str]:
    """What starts the bot."""
    arguments = ["trade", "--strategy", STRATEGY]
    for file in broker.files:
        arguments += ["-c", str(file)]
    if url := database(broker.name, broker.config, broker.settings):
        arguments += ["--db-url", url]
    start = [sys.executable, "-m", "nija_plugins.brokers.start", broker.name, str(env_file)]
    return [*start, *arguments]


def _look_at(config: dict[str, Any], environ: Mapping[str, str]) -> None:
    """Ends with what the doctor finds wrong with connection and clock."""
    context = Context(load=lambda: config, environ=environ)
    for finding in examine(context, {"exchange": reachable, "clock": clock}):
        if finding.level is Level.FAILED:
            raise OperationalException(f"{finding.text} {finding.advice}")


def _ask_ledger(config: dict[str, Any], settings: Settings) -> None:
    try:
        ledger_of(config, settings).view()
    except LedgerUnusable as error:
        raise OperationalException(str(error)) from None


def _only_one(broker: Broker) -> FileLock:
    lock = FileLock(Path(broker.config["user_data_dir"]) / f".nija_trade.{broker.name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise OperationalException(
            f"{broker.name} is traded by another `nija trade` already: two bots on one account "
            "would sell each other's positions."
        ) from None
    return lock
