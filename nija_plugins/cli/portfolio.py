"""What `nija status` says about the portfolio: who is alive, what each broker has, and what they
have together."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from rich.console import Console

from nija_plugins.brokers.database import is_missing
from nija_plugins.brokers.ledger import LedgerUnusable
from nija_plugins.brokers.portfolio import Member, View
from nija_plugins.brokers.watch import ledger_of
from nija_plugins.cli import tables
from nija_plugins.memory import Memory, Snapshot
from nija_plugins.settings import Settings


def look(config: dict[str, Any], settings: Settings) -> View:
    """The ledger as it is; empty when no bot has made it yet. Raises ValueError when it cannot be
    used."""
    ledger = ledger_of(config, settings)
    if is_missing(ledger.url):  # a command makes no file
        return View()
    try:
        return ledger.view()
    except LedgerUnusable as error:
        raise ValueError(str(error)) from None


def together(
    view: View, memory: Memory, snapshot: Snapshot | None
) -> tuple[Memory, Snapshot | None]:
    """What the loss limits are measured on: with several brokers, the sums over all of them."""
    if len(view.members) < 2 or snapshot is None or view.marks is None:
        return memory, snapshot
    return replace(memory, benchmarks=view.marks), replace(
        snapshot,
        equity=sum(one.equity for one in view.members),
        worst_case=sum(one.worst_case for one in view.members),
        free_cash=sum(one.free_cash for one in view.members),
        positions=sum(len(one.positions) for one in view.members),
    )


def facts(view: View, now: datetime) -> dict[str, Any]:
    """The portfolio as plain data; amounts in stake currency, times in UTC."""
    standing = view.standing(now)
    return {
        "brokers": [_facts(one, now) for one in view.members],
        "equity": sum(one.equity for one in view.members),
        "worst_case": sum(one.worst_case for one in view.members),
        "free_cash": sum(one.free_cash for one in view.members),
        "positions": view.held(now),
        "reservations": [asdict(one) | {"since": one.since.isoformat()} for one in standing],
    }


def _facts(one: Member, now: datetime) -> dict[str, Any]:
    return {
        "account": one.account,
        "broker": one.broker,
        "alive": not one.silent(now),
        "seen": one.time.isoformat(),
        "equity": one.equity,
        "worst_case": one.worst_case,
        "free_cash": one.free_cash,
        "tier": one.tier,
        "positions": [asdict(held) for held in one.positions],
    }


def show(console: Console, view: View, now: datetime, limit: int) -> None:
    """A table of the brokers, their sum, and what is reserved."""
    told = facts(view, now)
    count = f"{told['positions']} of {limit}" if limit else f"{told['positions']}"
    title = f"Portfolio: ${told['equity']:.2f}, {count} positions"
    made = tables.table(
        "broker", "", "equity", "W", "free cash", "positions", "last seen", title=title
    )
    for one in told["brokers"]:
        held = ", ".join(f"{each['pair']} ${each['value']:.2f}" for each in one["positions"])
        made.add_row(
            one["account"],
            "alive" if one["alive"] else "[bold red]silent[/]",
            f"${one['equity']:.2f}",
            f"${one['worst_case']:.2f}",
            f"${one['free_cash']:.2f}",
            held or "none",
            f"{_ago(now - datetime.fromisoformat(one['seen']))} ago",
        )
    if len(told["brokers"]) > 1:
        sums = (f"${told[name]:.2f}" for name in ("equity", "worst_case", "free_cash"))
        made.add_row("together", "", *sums, str(told["positions"]), "", style="bold")
    tables.show(console, made, spare=("last seen", "free cash"))
    for one in told["reservations"]:
        state = "its order was sent" if one["confirmed"] else "not ordered yet"
        console.print(
            f"Reserved: {one['pair']} on {one['broker']}, ${one['stake']:.2f} ({state}).",
            highlight=False,
        )
    silent = [one for one in told["brokers"] if not one["alive"]]
    for one in silent:
        console.print(
            f"{one['account']} is silent: its last equity counts and blocks upgrades. Start it, "
            f'or take it out of the portfolio: nija forget "{one["account"]}"',
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def _ago(age: Any) -> str:
    seconds = max(int(age.total_seconds()), 0)
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
