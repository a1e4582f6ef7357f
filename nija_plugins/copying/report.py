"""What a copier tells: one event a line, for people (Rich) or for scripts (JSON lines)."""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any, Literal

from rich.console import Console
from rich.markup import escape

from nija_plugins.cli.tables import show, table

Kind = Literal["leader", "follower", "copied", "refused", "missed", "left", "problem"]

COLOURS: dict[str, str] = {
    "copied": "green",
    "left": "cyan",
    "refused": "yellow",
    "missed": "yellow",
    "problem": "red",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened at `time` (UTC) to `who` (a bot's name), as a sentence.

    `trade` is the leader's trade ("main:12:1764057600123"), `facts` are numbers for scripts:
    `latency_seconds` from the leader's fill to the follower's order, by the bots' own clocks,
    `stake` in stake currency, `follower_trade` its id.
    """

    time: datetime
    kind: Kind
    who: str
    sentence: str
    trade: str | None = None
    pair: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)


Tell = Callable[[Event], None]


def sentence(text: str) -> str:
    """`text` with a mark at its end."""
    return text if text.endswith((".", "?")) else f"{text}."


class Report:
    """Prints events as they come, and sums them up at the end."""

    def __init__(self, console: Console, as_json: bool) -> None:
        self._console = console
        self._as_json = as_json
        self._counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self._latencies: dict[str, list[float]] = defaultdict(list)

    def tell(self, event: Event) -> None:
        """Prints `event` at once: a pipe, too, gets it now."""
        self._counts[event.who][event.kind] += 1
        if "latency_seconds" in event.facts:
            self._latencies[event.who].append(event.facts["latency_seconds"])
        if self._as_json:
            self._line(
                {"time": event.time.isoformat(timespec="milliseconds"), "event": event.kind}
                | {"who": event.who, "trade": event.trade, "pair": event.pair}
                | {"sentence": event.sentence, **event.facts}
            )
            return
        colour = COLOURS.get(event.kind, "bold")
        pair = f" {event.pair}" if event.pair else ""
        self._console.print(
            f"{event.time:%H:%M:%S} [bold]{escape(event.who)}[/] [{colour}]{event.kind}[/]"
            f"{escape(pair)}: {escape(event.sentence)}",
            highlight=False,
            soft_wrap=True,
        )

    def sum_up(self, followers: list[str]) -> None:
        """A line per follower: copies, refusals, exits, latency."""
        kinds: list[Kind] = ["copied", "refused", "missed", "left"]
        if self._as_json:
            for name in followers:
                counts: dict[str, Any] = {kind: self._counts[name][kind] for kind in kinds}
                self._line(
                    {"event": "sum", "who": name, **counts, "latency_seconds": self._at(name)}
                )
            return
        made = table("follower", *kinds, "fill → order, median and worst", title="Copied so far")
        for name in followers:
            middle, worst = self._at(name)
            shown = "-" if middle is None else f"{middle:.2f} s, {worst:.2f} s"
            made.add_row(name, *(str(self._counts[name][kind]) for kind in kinds), shown)
        show(self._console, made)

    def _at(self, name: str) -> tuple[float, float] | tuple[None, None]:
        seconds = self._latencies[name]
        return (median(seconds), max(seconds)) if seconds else (None, None)

    def _line(self, facts: dict[str, Any]) -> None:
        self._console.file.write(json.dumps(facts) + "\n")
        self._console.file.flush()
