"""Simulated time for an unmodified freqtrade: `datetime.now()` and `time.time()` say what the clock
says; sockets and asyncio keep the real one."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from types import ModuleType, SimpleNamespace
from typing import Any

import freqtrade.exchange.common as retrying
import freqtrade.worker as working
import time_machine
from freqtrade.worker import Worker


class Clock:
    """Moved by whoever holds it, and by whatever freqtrade sleeps."""

    def __init__(self, traveller: time_machine.Traveller) -> None:
        self._traveller = traveller

    def move_to(self, moment: datetime) -> None:
        """It is `moment` (UTC) now. Raises ValueError when that is in the past."""
        if moment < datetime.now(UTC):
            raise ValueError(f"Time does not go back to {moment:%Y-%m-%d %H:%M:%S}.")
        self._traveller.move_to(moment)

    def set_to(self, moment: datetime) -> None:
        """Somebody sets the machine's clock to `moment` (UTC), perhaps back."""
        self._traveller.move_to(moment)

    def sleep(self, seconds: float) -> None:
        """So much time passes."""
        self._traveller.shift(timedelta(seconds=seconds))


@contextmanager
def simulated_time(start: datetime) -> Iterator[Clock]:
    """The time is `start` (UTC) and stands still until the clock is moved. freqtrade's retriers
    wait on it, so does its worker after an error; between iterations that does not wait."""
    travel = time_machine.travel(start, tick=False)
    clock = Clock(travel.start())

    async def sleep(seconds: float) -> None:
        clock.sleep(seconds)

    with ExitStack() as stack:
        stack.callback(travel.stop)
        stack.enter_context(replaced(Worker, "_sleep", staticmethod(lambda _: None)))
        stack.enter_context(replaced(working, "time", _like(time, clock.sleep)))
        stack.enter_context(replaced(retrying, "time", _like(time, clock.sleep)))
        stack.enter_context(replaced(retrying, "asyncio", _like(asyncio, sleep)))
        yield clock


def _like(module: ModuleType, sleep: Any) -> SimpleNamespace:
    return SimpleNamespace(**{**vars(module), "sleep": sleep})


@contextmanager
def replaced(owner: object, name: str, value: object) -> Iterator[None]:
    """`owner.name` is `value` for as long as this lasts."""
    before = vars(owner)[name]
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)
