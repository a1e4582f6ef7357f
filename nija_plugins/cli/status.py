"""`nija status`: the tier, what each broker of the portfolio has, how much of each loss limit is
used, what is locked, and every setting with where its value comes from."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from nija_plugins.brokers.portfolio import View
from nija_plugins.brokers.watch import ledger_of
from nija_plugins.cli import loss_limits, portfolio
from nija_plugins.cli.configuration import DEFAULT_CONFIG, clear_errors, learn_tiers, load
from nija_plugins.cli.database import memory_of, shown
from nija_plugins.cli.one_bot import ENV_FILE, EnvFile, OfBroker, keyless
from nija_plugins.cli.tables import show, table
from nija_plugins.memory import Memory, MemoryUnusable
from nija_plugins.memory.store import accounts
from nija_plugins.run import state_file as state_path
from nija_plugins.scaling.engine import AutoScalingEngine
from nija_plugins.scaling.limits import effective_limits
from nija_plugins.scaling.summary import get_scaling_summary
from nija_plugins.settings import Settings, misspelt, sources


def status(
    config: Annotated[list[Path], typer.Option("--config", "-c")] = [DEFAULT_CONFIG],  # noqa: B006
    broker: OfBroker = None,
    env_file: EnvFile = ENV_FILE,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Show the tier, the portfolio's brokers, the loss limits and locks, and the settings."""
    with clear_errors():
        loaded = load(keyless(config, broker, env_file))
        settings = Settings.load(loaded, os.environ)
        learn_tiers(loaded, settings)
        state_file = state_path(loaded, settings)
        engine = AutoScalingEngine(
            state_file if state_file.is_file() else None, settings.downgrade_buffer
        )
        store = memory_of(loaded)
        try:
            memory, snapshot, others = Memory(), None, list[str]()
            if store.path.exists():  # a command makes no file
                memory, snapshot = store.load(), store.snapshot()
                others = [one for one in accounts(store.path) if one != store.name]
        except MemoryUnusable as error:
            raise ValueError(str(error)) from None
        try:
            view, trouble = portfolio.look(loaded, settings), None
        except ValueError as error:
            view, trouble = View(), str(error)
        read = {
            "tier": shown(state_file),
            "account": shown(store.path),
            "portfolio": shown(ledger_of(loaded, settings).url),
        }
    now = datetime.now(UTC)
    memory, snapshot = portfolio.together(view, memory, snapshot)
    limits = effective_limits(engine.current_tier, settings)
    origin = sources(loaded, os.environ)
    console = Console()
    if as_json:
        known = memory.benchmarks is not None and snapshot is not None
        losses = loss_limits.facts(memory, snapshot, settings) if known and snapshot else None
        facts = _facts(engine, settings, origin) | {"limits": _plain(limits)}
        ledger = {"portfolio": portfolio.facts(view, now) | {"problem": trouble}, "read": read}
        console.print_json(data=facts | {"loss_limits": losses} | ledger)
        return
    console.print(get_scaling_summary(engine), markup=False, highlight=False)
    console.print(f"\nRead from: {_where(read)}.", markup=False, highlight=False)
    console.print(
        f"\nIn force: {limits.max_positions} positions, {limits.risk_per_trade:g}% risk per trade."
        if engine.current_tier or not settings.micro_capital_mode
        else "\nNo tier yet: it is decided in the bot's first loop.",
        highlight=False,
    )
    if trouble:
        console.print(trouble, markup=False, highlight=False, soft_wrap=True)
    elif view.members:
        console.print()
        portfolio.show(console, view, now, limits.max_positions)
    if memory.benchmarks is None or snapshot is None:
        console.print("Loss limits: the bot has not run yet.", highlight=False)
        if others:
            console.print(
                f'Nothing is remembered of "{store.name}" (exchange, mode, database of trades), '
                f"but of {', '.join(others)}: do --broker, -c or db_url differ from the bot's?",
                markup=False,
                highlight=False,
            )
    else:
        console.print()
        loss_limits.show(console, memory, snapshot, settings)
    _show_settings(console, settings, origin)


def _show_settings(console: Console, settings: Settings, origin: dict[str, str]) -> None:
    made = table("setting", "value", "from", title="Settings")
    for name, value in settings.model_dump(mode="json").items():
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        made.add_row(name, text, origin[name])
    show(console, made)
    for name, meant in misspelt(os.environ).items():
        console.print(f"{name} sets nothing: did you mean {meant}?", markup=False, highlight=False)


def _where(read: dict[str, str]) -> str:
    """The files by name, and which of them no bot has made yet."""
    return ", ".join(
        name if "://" in name or Path(name).exists() else f"{name} (not there yet)"
        for name in read.values()
    )


def _facts(engine: AutoScalingEngine, settings: Settings, origin: dict[str, str]) -> dict[str, Any]:
    tier = engine.current_tier
    return {
        "tier": tier.name if tier else None,
        "equity": engine.current_equity,
        "next": engine.get_progress_to_next_tier(),
        "settings": {
            name: {"value": value, "from": origin[name]}
            for name, value in settings.model_dump(mode="json").items()
        },
    }


def _plain(limits: Any) -> dict[str, Any]:
    return {
        "max_positions": limits.max_positions,
        "risk_per_trade": limits.risk_per_trade,
        "copy_trading": limits.copy_trading,
        "leverage_enabled": limits.leverage_enabled,
    }
