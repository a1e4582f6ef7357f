"""What `nija status` says about the loss limits: how much of each is used, and what is locked."""

from datetime import datetime
from typing import Any

from rich.console import Console

from nija_plugins.cli import tables
from nija_plugins.cli.unlock import show as show_locks
from nija_plugins.locks import FOR_GOOD, UNLOCKING
from nija_plugins.memory import Memory, Snapshot
from nija_plugins.risk.errors import TOO_MANY
from nija_plugins.risk.floors import day_floor, drawdown_floor
from nija_plugins.settings import Settings


def facts(memory: Memory, snapshot: Snapshot, settings: Settings) -> dict[str, Any]:
    """The limits as plain data; amounts in stake currency, shares in percent."""
    marks = memory.benchmarks
    assert marks is not None
    equity, worst = snapshot.equity, snapshot.worst_case
    floors = {"day": day_floor(marks, settings), "drawdown": drawdown_floor(marks, settings)}
    return {
        "as_of": snapshot.time.isoformat(),
        "equity": equity,
        "worst_case": worst,
        "free_cash": snapshot.free_cash,
        "positions": snapshot.positions,
        "day": {
            "opening": marks.day_open,
            "floor": floors["day"],
            "lost": max(0.0, marks.day_open - equity),
            "lost_if_every_stop_is_hit": max(0.0, marks.day_open - worst),
            "budget": marks.day_open - floors["day"],
            "left": max(0.0, worst - floors["day"]),
        },
        "drawdown": {
            "peak": marks.peak,
            "floor": floors["drawdown"],
            "percent": 100 * (1 - equity / marks.peak) if marks.peak > 0 else 0.0,
            "distance": equity - floors["drawdown"],
            "left": max(0.0, worst - floors["drawdown"]),
        },
        "losing_streak": snapshot.losing_streak,
        "incidents": [one.sentence for one in memory.incidents.recent],
        "locks": [
            {
                "pairs": pair,
                "reason": reason,
                "until": None if _for_good(snapshot.time, end) else end.isoformat(),
                "unlock": UNLOCKING.get(reason, "time"),
            }
            for pair, reason, end in snapshot.locks
        ],
    }


def show(console: Console, memory: Memory, snapshot: Snapshot, settings: Settings) -> None:
    """A table of the limits and one of the locks."""
    told = facts(memory, snapshot, settings)
    day, fall = told["day"], told["drawdown"]
    made = tables.table("limit", "now", "at most", "room for stakes at risk", title=_title(told))
    made.add_row(
        "a day's loss",
        f"${day['lost']:.2f} (${day['lost_if_every_stop_is_hit']:.2f} if every stop is hit)",
        f"${day['budget']:.2f}: {settings.daily_max_loss:g}% of ${day['opening']:.2f}",
        f"${day['left']:.2f}",
    )
    made.add_row(
        "drawdown",
        f"{fall['percent']:.1f}%, ${fall['distance']:.2f} above the floor",
        f"{settings.max_drawdown:g}%: a floor of ${fall['floor']:.2f} under ${fall['peak']:.2f}",
        f"${fall['left']:.2f}",
    )
    made.add_row(
        "losses in a row", str(told["losing_streak"]), f"{settings.max_consecutive_losses}", ""
    )
    made.add_row(
        "incidents in an hour", str(len(told["incidents"])), str(TOO_MANY), _shutoff(settings)
    )
    tables.show(console, made)
    for sentence in told["incidents"]:
        console.print(f"Incident: {sentence}", markup=False, highlight=False)
    show_locks(console, snapshot.locks)


def _title(told: dict[str, Any]) -> str:
    return (
        f"Equity ${told['equity']:.2f}, worst case (W) ${told['worst_case']:.2f}, "
        f"{told['positions']} positions, as of {told['as_of'][:16].replace('T', ' ')} UTC"
    )


def _shutoff(settings: Settings) -> str:
    return "" if settings.auto_shutoff_on_errors else "switched off"


def _for_good(now: datetime, end: datetime) -> bool:
    return end - now > FOR_GOOD / 10
