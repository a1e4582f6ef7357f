"""What befalls a live bot in a storm: faults of its exchange, wrong clocks, and death."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from freqtrade.persistence import Trade

from nija_plugins.replay.clock import replaced
from nija_plugins.venue.faults import CALLS, OF_BALANCES, OF_CANDLES, OF_ORDERS, Fault, Rule
from tests.integration.live import Bot, Home

PATIENCE = 800
"""Milliseconds of the client."""
SLOWNESS = 0.15
"""Seconds of an answer that is slow, and still in time."""
OF_ALL = tuple({*Fault} - {*OF_ORDERS, *OF_BALANCES, *OF_CANDLES, Fault.MAINTENANCE})
OFTEN = ("add_order", "add_order", "query_order", "balance", "candles")
"""Calls that are hit more often than the others."""
DEADLY = 0.5
"""The share of iterations in which the process may die."""
WRONG = (2, 20, 180)
"""Minutes by which a clock goes wrong."""

JUMP, SKEW = "machine asleep for hours", "clock wrong by minutes to hours, then put right"


class Killed(BaseException):
    """SIGKILL, in its place: nothing may catch it, nothing is cleaned up."""


@dataclass
class Clocks:
    """The true time, which is the exchange's, and how far the bot's clock is off it."""

    home: Home
    now: datetime
    off: timedelta = timedelta(0)
    until: datetime | None = None
    """When the bot's clock is put right."""

    def set(self, now: datetime) -> None:
        """It is `now`, or a little later: freqtrade may have waited for an answer meanwhile."""
        self.now = max(now, self.home.venue.clock() + timedelta(milliseconds=1))
        self.home.clock.set_to(self.now + self.off)
        self.home.venue.ahead = -self.off

    def go_wrong(self, off: timedelta, until: datetime) -> None:
        """From now until then the bot's clock is `off`; negative: behind."""
        self.off, self.until = off, until
        self.set(self.now)

    def put_right(self) -> bool:
        """Whether the bot's clock was put right just now, because it is time."""
        if self.until is None or self.now < self.until:
            return False
        self.off, self.until = timedelta(0), None
        self.set(self.now)
        return True


def brew(home: Home, exchange: str, rng: np.random.Generator) -> list[Rule]:
    """A few rules for the hour to come; now and then maintenance, which is returned."""
    for _ in range(int(rng.integers(2, 8))):
        call = str(rng.choice((*OFTEN, *CALLS)))
        more = {"add_order": OF_ORDERS, "balance": OF_BALANCES, "candles": OF_CANDLES * 3}
        choice = sorted(OF_ALL + more.get(call, ()))
        home.venue.faults.add(
            call,
            choice[int(rng.integers(len(choice)))],
            nth=int(rng.integers(1, 4)),
            times=int(rng.integers(1, 4 if call != "candles" else 13)),
            exchange=exchange,
            seconds=SLOWNESS,
        )
    if rng.random() > 0.08:
        return []
    minutes = float(rng.choice((10, 45, 150)))
    faults = home.venue.faults
    return [faults.add("*", Fault.MAINTENANCE, times=0, minutes=minutes, exchange=exchange)]


def trouble_clocks(clocks: Clocks, rng: np.random.Generator, end: datetime) -> str | None:
    """Perhaps the machine sleeps for hours, at most until `end`, or its clock goes wrong for a
    while: which."""
    chance = rng.random()
    if chance < 0.04:
        clocks.set(min(clocks.now + timedelta(hours=float(rng.uniform(1, 4))), end))
        return JUMP
    if chance < 0.14 and clocks.until is None:
        off = timedelta(minutes=float(rng.choice(WRONG)) * float(rng.choice((-1, 1))))
        clocks.go_wrong(off, clocks.now + timedelta(minutes=float(rng.uniform(20, 100))))
        return SKEW
    return None


@contextmanager
def killing(bot: Bot, rng: np.random.Generator | None) -> Iterator[None]:
    """Perhaps the process dies: before or after a request, before or after a commit."""
    if rng is None or rng.random() > DEADLY:
        yield
        return
    left = int(rng.integers(1, 10))
    late = bool(rng.random() < 0.5)

    def deadly(call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*given: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0 and not late:
                raise Killed
            answer = call(*given, **named)
            if left == 0:
                raise Killed
            return answer

        return wrapped

    api = bot.worker.freqtrade.exchange._api
    api.fetch = deadly(type(api).fetch.__get__(api))
    try:
        with replaced(Trade, "commit", staticmethod(deadly(Trade.commit))):
            yield
    finally:
        del api.fetch
