"""What is run: every window with every set of parameters from every start date. Pure."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

Values = tuple[tuple[str, Any], ...]
"""Names with their values; whoever makes one sorts it."""


@dataclass(frozen=True, slots=True)
class Window:
    """Days that are traded: from `begin` 00:00 UTC until `end` 00:00 UTC."""

    begin: date
    end: date

    def __str__(self) -> str:
        return f"{self.begin} to {self.end}"


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """Values on top of the configured ones: `nija` are settings, `strategy` the strategy's own
    parameters as (space, name) joined by a dot, such as `sell.trails`."""

    name: str
    nija: Values = ()
    strategy: Values = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One backtest: `window`, of which the account trades the part from `begin` on, with `wallet`
    USD. `basis` stands for all else that decides its result; see `parcel.Parcel.basis`."""

    window: Window
    begin: date
    parameters: ParameterSet
    exchange: str
    wallet: float
    basis: str

    @property
    def timerange(self) -> str:
        """As freqtrade writes it."""
        return f"{self.begin:%Y%m%d}-{self.window.end:%Y%m%d}"

    @property
    def days(self) -> int:
        """How many are traded."""
        return (self.window.end - self.begin).days

    @property
    def key(self) -> str:
        """32 hexadecimal digits of everything that decides the result; the set's name does not."""
        facts = [
            *(self.basis, self.exchange, float(self.wallet), self.timerange),
            *(self.parameters.nija, self.parameters.strategy),
        ]
        text = json.dumps(facts, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def windows(first: date, last: date, length: int | None, step: int | None) -> Iterator[Window]:
    """Whole windows of `length` days within [`first`, `last`), each begun `step` days after the one
    before; None is all of it, and one after another. Raises ValueError when none fits."""
    days = (last - first).days
    length = days if length is None else length
    if days <= 0 or length > days:
        raise ValueError(
            f"No window of {length} days fits into {first} to {last}: choose a shorter --window, "
            "or a longer --timerange."
        )
    for offset in range(0, days - length + 1, step or length):
        begin = first + timedelta(days=offset)
        yield Window(begin, begin + timedelta(days=length))


def cases(
    all_windows: Sequence[Window],
    sets: Sequence[ParameterSet],
    starts: Sequence[int],
    exchange: str,
    wallet: float,
    basis: str,
) -> tuple[Case, ...]:
    """The product of all three; `starts` are days into a window at which its account begins.

    Raises ValueError when a start leaves nothing of a window, and when two sets are the same
    backtests under two names."""
    for start in starts:
        short = min((one.end - one.begin).days for one in all_windows)
        if start >= short:
            raise ValueError(f"--starts {start} leaves nothing of a window of {short} days.")
    found: dict[str, Case] = {}
    for window in all_windows:
        for parameters in sets:
            for start in starts:
                begin = window.begin + timedelta(days=start)
                case = Case(window, begin, parameters, exchange, wallet, basis)
                twin = found.setdefault(case.key, case)
                if twin is not case:
                    raise ValueError(
                        f'"{twin.parameters.name}" and "{parameters.name}" are the same backtests.'
                    )
    return tuple(found.values())
