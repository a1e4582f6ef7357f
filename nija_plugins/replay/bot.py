"""freqtrade's own Worker, led through the candles by a clock."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import freqtrade.configuration.configuration as configuring
from freqtrade.persistence import Trade
from freqtrade.worker import Worker

from nija_plugins.replay.clock import Clock, replaced
from nija_plugins.replay.deals import Deal, of_database
from nija_plugins.replay.house import House

HOUR = timedelta(hours=1)
A_MOMENT = timedelta(milliseconds=1)
"""How long after a candle's close the bot looks first: the price is the next candle's open."""


@dataclass
class Replayed:
    """What a bot did until `reached` (UTC): its trades, and the signals whose entry order rested
    (pair, hour)."""

    reached: datetime
    deals: list[Deal] = field(default_factory=list)
    rested: set[tuple[str, datetime]] = field(default_factory=set)


def replay(
    house: House,
    clock: Clock,
    last: datetime,
    iterations: int,
    passed: Callable[[datetime], None] = lambda _: None,
) -> Replayed:
    """Lets the bot live from the clock's present to `last`, `iterations` times an hour; `passed`
    hears of every hour. Ctrl-C ends it early, with what was traded so far."""
    with _logged(house.log):
        worker = Worker(house.arguments("trade"))
        try:
            return _live_on(worker, clock, last, iterations, passed)
        finally:
            worker.freqtrade.exchange.close()
            worker.freqtrade.rpc.cleanup()
            Trade.session.remove()


def _live_on(
    worker: Worker,
    clock: Clock,
    last: datetime,
    iterations: int,
    passed: Callable[[datetime], None],
) -> Replayed:
    hour = datetime.now(last.tzinfo).replace(minute=0, second=0, microsecond=0)
    found, state = Replayed(hour), None
    try:
        while hour < last:
            for number in range(iterations):
                clock.move_to(hour + HOUR / iterations * number + A_MOMENT)
                state = worker._worker(old_state=state)
                found.rested.update(_resting(hour))
            hour += HOUR
            found.reached = hour
            passed(hour)
    except KeyboardInterrupt:
        logging.getLogger(__name__).warning("Interrupted at %s.", found.reached)
    found.deals = of_database()
    return found


def _resting(hour: datetime) -> Iterator[tuple[str, datetime]]:
    for trade in Trade.get_trades_proxy(is_open=True):
        if trade.amount == 0 and trade.has_open_orders:
            yield trade.pair, hour


@contextmanager
def _logged(path: Path) -> Iterator[None]:
    """freqtrade's log goes into a file of the replay, not over its progress."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    file = logging.FileHandler(path)
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.handlers[:] = [file]
    root.setLevel(logging.INFO)
    try:
        with replaced(configuring, "setup_logging", lambda _: None):
            yield
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        file.close()
