"""A simulated day of the live bot, a loop every five seconds: memory and file handles stay flat."""

import gc
from collections.abc import Callable
from dataclasses import dataclass

import psutil
import pytest

from tests.integration.live import Home, open_pairs, script

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

LOOPS = 720
"""In an hour."""
WARM = 4
"""Hours until everything that is kept once is there; then a position is opened."""


@dataclass(frozen=True)
class Footprint:
    """What the process holds: resident memory in MB, open files and sockets, Python objects."""

    memory: float
    handles: int
    objects: int

    @classmethod
    def now(cls) -> "Footprint":
        """Of this process, the simulated exchange in it included."""
        gc.collect()
        process = psutil.Process()
        return cls(process.memory_info().rss / 1e6, process.num_fds(), len(gc.get_objects()))


def a_day(home: Home, exchange: str, hours: int) -> list[Footprint]:
    """The footprint at the end of each hour, with a position from hour 4 on, which leaves by time
    and is entered again."""
    pairs = ("BTC/USD", "ETH/USD")
    home.plugin("script", script(dict.fromkeys(pairs, range(4, hours, 4)), trail=0.05))
    bot = home.start(pairs, exchange=exchange, live=True)
    found = []
    for hour in range(hours):
        for loop in range(LOOPS):
            bot.at(hour, 1 + loop * 5)
            assert bot.run.loop is not None
        # What the rehearsal itself writes down.
        home.venue.faults.clear()
        home.records.lines.clear()
        found.append(Footprint.now())
    assert open_pairs() == set(pairs)
    return found


@pytest.mark.slow
def test_memory_and_file_handles_stay_flat(
    home: Home, record_property: Callable[[str, object], None]
) -> None:
    day = a_day(home, "kraken", 24)
    record_property("footprints", str(day))
    warm, end = day[WARM], day[-1]
    print(f"\nafter {WARM + 1} h {warm}, after 24 h {end}")  # noqa: T201
    assert end.handles <= warm.handles + 2
    assert end.memory - warm.memory < 15
    assert end.objects < warm.objects * 1.02
