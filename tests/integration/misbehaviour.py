"""Every way a plugin can misbehave, in every hook, and what must come of it: one table, played
through freqtrade's backtesting (test_fail_closed) and through the real bot (test_broken_plugins).

Each cell is eight hours of one market. BTC is entered at its first close; at the fourth it falls
through its stop, while SOL and ETH signal. There, with all of it in one loop, the plugin
misbehaves: BTC leaves, SOL is refused (or entered, where an entry is what the plugin is told of),
and ETH is what must not be entered. Where the plugin is told of a change of tier, BTC rises first:
the account crosses $250.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from time import perf_counter
from typing import Any

import pandas as pd
import pytest

from nija_plugins import guard, manager
from nija_plugins.view import Confidence, Family, Plan, Vote

BTC, SOL, ETH = PAIRS = "BTC/USD", "SOL/USD", "ETH/USD"
PLUGIN = "zz_culprit"
"""Files are asked from the end of the alphabet on: this one before the script."""

MARKET = ("nija_regime", "nija_votes", "nija_score", "nija_plan", "nija_confidence")
FUTURES = ("nija_leverage",)
"""Asked in futures markets only: its cells are played there, by an account that has leverage."""
MONEY = ("nija_veto", "nija_stake", *FUTURES)
EVENTS = (
    "nija_equity",
    "nija_tier_changed",
    "nija_entry_refused",
    "nija_entry_filled",
    "nija_exit_filled",
)
START = ("nija_run_started",)


class Outcome(Enum):
    """What must come of a cell. In each of them open positions leave through their stop."""

    FAILS = "nothing is entered in that loop; the log names plugin, hook and what was wrong"
    NO_OPINION = "the others decide: entered as if the plugin were not there, and no error"
    OBJECTS = "a proper veto: not entered, for this reason, and no error"


@dataclass(frozen=True)
class Cell:
    """One hook misbehaving in one way. `said` is part of the log line, or the veto's sentence."""

    hook: str
    what: str
    outcome: Outcome
    said: str = ""

    def __str__(self) -> str:
        return f"{self.hook}-{self.what}"


Index = pd.Index

BARE: Mapping[str, Any] = {
    "nan": float("nan"),
    "negative": -20.0,
    "text": "20",
    "series": pd.Series([20.0]),
}
"""Answers that no hook allows, save a sentence from nija_veto. A stake of each would be $20."""

INSIDE: Mapping[str, Callable[[Index], pd.Series]] = {
    "negative": lambda index: pd.Series(-0.5, index=index),
    "text": lambda index: pd.Series("high", index=index),
    "series": lambda index: pd.Series(0.05, index=index[:-1]),
}
"""The same inside what a market hook does answer with: harder to see. (NaN means "cannot tell"
there, and makes no signal.)"""

SHAPES: Mapping[str, Callable[[pd.Series], Any]] = {
    "nija_regime": lambda series: series,
    "nija_votes": lambda series: [Vote("wrong", Family.TREND, series)],
    "nija_score": lambda series: series,
    "nija_plan": lambda series: Plan(stop=series, target=series, trail=series),
    "nija_confidence": lambda series: Confidence(rank=series, win_probability=series),
}

SENTENCE = "Not on a Tuesday."


def _cells(hook: str) -> Iterator[Cell]:
    yield Cell(hook, "raises", Outcome.FAILS, "RuntimeError: out of order")
    yield Cell(hook, "sleeps", Outcome.FAILS, f"it took longer than {LIMITS[hook]:g} s")
    for what in BARE:
        if (hook, what) == ("nija_veto", "text"):
            yield Cell(hook, "text", Outcome.OBJECTS, SENTENCE)
            yield Cell(hook, "blank", Outcome.FAILS, "a veto is a sentence or None, got '  '")
        else:
            yield Cell(hook, what, Outcome.FAILS, _complaint(hook))
    # Last: what it lets in stays in.
    yield Cell(hook, "none", Outcome.NO_OPINION)


def _complaint(hook: str) -> str:
    told = hook in EVENTS + START
    return "an event is told, not asked: return None" if told else "ValueError: "


LIMITS: Mapping[str, float] = {
    **dict.fromkeys((*MARKET, *START), 600.0),
    **dict.fromkeys((*MONEY, *EVENTS), 5.0),
}
"""Seconds, as docs/hooks.md promises them; a sleeping plugin takes one more."""

MATRIX: Mapping[str, tuple[Cell, ...]] = {hook: tuple(_cells(hook)) for hook in LIMITS}
"""hook → its cells."""


def cells(*hooks: str) -> list[Cell]:
    """The cells of `hooks`, for parametrize."""
    return [cell for hook in hooks for cell in MATRIX[hook]]


@dataclass
class Culprit:
    """The plugin under test, well unless told otherwise. Its file asks this object what to do."""

    hook: str = ""
    now: str | None = None
    """How it misbehaves now: a cell's `what`; None while it is well."""
    of: Mapping[str, str] = field(default_factory=dict)
    """Or: how it treats each pair's candles."""
    at: Callable[[datetime], str | None] | None = None
    """Or: how it misbehaves at a loop's time."""
    pair: str = ""
    acted: set[str] = field(default_factory=set)
    last: str = ""
    """How it misbehaved last."""
    slept: float = 0.0

    def begin(self, hook: str) -> None:
        """Well again, and serving `hook`."""
        self.__init__(hook=hook, slept=self.slept)  # type: ignore[misc]

    def sees(self, time: datetime) -> None:
        """A loop begins."""
        if self.at is not None:
            self.now = self.at(time)

    def asked(self, pair: str = "", index: Index | None = None) -> Any:
        """What its hook answers."""
        what = self.of.get(pair, self.now)
        if what is None:
            return None
        self.acted.add(what)
        self.last = what
        return self._misbehave(what, index)

    def _misbehave(self, what: str, index: Index | None) -> Any:
        match what:
            case "raises":
                raise RuntimeError("out of order")
            case "sleeps":
                self.slept += LIMITS[self.hook] + 1
                return None
            case "none":
                return None
            case "blank":
                return "  "
            case "text" if self.hook == "nija_veto":
                return SENTENCE
        if index is not None and what in INSIDE:
            return SHAPES[self.hook](INSIDE[what](index))
        return BARE[what]


CULPRIT = Culprit()
"""The one that the plugin file asks: it runs in the test's own process."""


@contextmanager
def sleeping_without_waiting() -> Iterator[None]:
    """The guard's clock goes on by what the culprit slept: the real limits, and no time lost."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guard, "perf_counter", lambda: perf_counter() + CULPRIT.slept)
        yield


def source(hook: str) -> str:
    """The culprit's file: `hook`, and whatever tells it where it is."""
    functions = {"nija_equity(account)": "CULPRIT.sees(account.time)"}
    if hook == "nija_equity":
        functions["nija_equity(account)"] += "\n    return CULPRIT.asked()"
    elif hook == "nija_score":
        functions["nija_votes(pair)"] = "CULPRIT.pair = pair"
        functions["nija_score(regime)"] = "return CULPRIT.asked(CULPRIT.pair, regime.index)"
    elif hook in MARKET:
        functions[f"{hook}(dataframe, pair)"] = "return CULPRIT.asked(pair, dataframe.index)"
    else:
        functions[f"{hook}()"] = "return CULPRIT.asked()"
    written = "".join(
        f"\n\n@hookimpl\ndef {head}:\n    {body}\n" for head, body in functions.items()
    )
    imports = (
        "from nija_plugins import hookimpl\nfrom tests.integration.misbehaviour import CULPRIT\n"
    )
    return imports + written


def signals(hook: str, number: int) -> dict[str, list[float]]:
    """When which pair signals, in hours after START, for `number` cells of `hook` in a row."""
    first = [8.0 * (n + 1) for n in range(number)]
    later = [hours + 4 for hours in first]
    return {settled(pair, hook): when for pair, when in ((BTC, first), (SOL, later), (ETH, later))}


def settled(pair: str, hook: str) -> str:
    """The name of `pair` where the cells of `hook` are played."""
    return f"{pair}:USD" if hook in FUTURES else pair


def plain(pair: str) -> str:
    """The name of `pair` in spot markets."""
    return pair.removesuffix(":USD")


BUILT_IN = tuple(name for name in manager.DEFAULT if name.startswith(("regime.", "signals.")))
"""NIJA's own market plugins: the script stands in for them, in a fraction of their time."""


def settings(hook: str) -> dict[str, Any]:
    """$250 divide two tiers, strictly; SOL is refused, or entered where entries are told. The
    losses of all these stops reach no limit."""
    return {
        "trade_only": ["BTC", "ETH", "SOL"] if hook == "nija_entry_filled" else ["BTC", "ETH"],
        "plugins": {"disable": list(BUILT_IN)},
        "downgrade_buffer": 0,
        "daily_max_loss": 50,
        "max_drawdown": 50,
        "max_consecutive_losses": 100,
        "ai_trade_filter": hook == "nija_confidence",
    }


def pairs(hook: str) -> tuple[str, ...]:
    """SOL only where it matters."""
    asked = PAIRS if hook in ("nija_entry_refused", "nija_entry_filled") else (BTC, ETH)
    return tuple(settled(pair, hook) for pair in asked)


def config(hook: str) -> dict[str, Any]:
    """freqtrade's settings for the cells of `hook`: where they are played, and with how much."""
    if hook not in FUTURES:
        return {}
    margin = {"trading_mode": "futures", "margin_mode": "isolated"}
    return {"exchange": "krakenfutures", "dry_run_wallet": 1_500, **margin}


VOTER = """
import pandas as pd
from nija_plugins import hookimpl
from nija_plugins.view import Confidence, Family, Vote

@hookimpl
def nija_votes(dataframe):
    return [Vote("yes", Family.TREND, dataframe["close"] * 0 + 1)]

@hookimpl
def nija_confidence(dataframe):
    sure = pd.Series(1.0, dataframe.index)
    return Confidence(rank=sure, win_probability=sure)
"""
"""Without a vote nobody would ask for a score; and a filter that needs no history."""


@dataclass
class Seen:
    """What a cell came to: pairs entered and exits (pair → reason) in its decisive loop, and the
    lines of the log."""

    entered: set[str]
    left: dict[str, str]
    log: list[str]
    acted: bool = True

    @property
    def errors(self) -> list[str]:
        return [line for line in self.log if line.startswith("ERROR")]


def judge(cell: Cell, seen: Seen, *, held: bool = True) -> None:
    """Asserts the cell's outcome; `held` unless there is no position to take out."""
    assert seen.acted, "the plugin was never asked"
    if held or cell.outcome is Outcome.NO_OPINION:
        assert "stop_loss" in seen.left.get(BTC, "still open")
    if cell.outcome is Outcome.NO_OPINION:
        assert ETH in seen.entered
        assert seen.errors == []
        return
    assert ETH not in seen.entered
    if cell.outcome is Outcome.OBJECTS:
        assert seen.errors == []
        assert any(f"{ETH} refused: {cell.said}" in line for line in seen.log)
        return
    told = [line for line in seen.errors if line.startswith("ERROR Plugin")]
    assert told
    for error in told:
        assert f'Plugin "{PLUGIN}" failed in {cell.hook}: ' in error
        assert cell.said in error
