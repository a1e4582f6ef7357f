"""A live bot in a storm: the exchange fails in every way it knows, clocks go wrong, the process is
killed at any moment, and the venue's books, not the bot's, say what came of it.

    python -m tests.integration.storm kraken 2 17

plays seeds 2 to 16 on Kraken and prints the table of docs/reliability.md.
"""

import gc
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from freqtrade.enums import State

from nija_plugins import locks
from nija_plugins.venue.app import build_app
from nija_plugins.venue.faults import Fault, Rule
from nija_plugins.venue.server import serve
from nija_plugins.venue.venue import Venue
from tests.integration.invariants import Invariants
from tests.integration.ledger_checks import PAIRS, WALLET
from tests.integration.live import Bot, Home, a_home, script
from tests.integration.painted_market import PaintedMarket, after
from tests.integration.person import Person
from tests.integration.weather import (
    PATIENCE,
    SKEW,
    Clocks,
    Killed,
    brew,
    killing,
    trouble_clocks,
)

BEGIN = 16
"""Hours after START; midnight comes eight hours later."""
QUIET = 2
"""Hours at the end in which nothing fails, for the bot to find its feet."""
QUARTER = timedelta(minutes=15)
SOON = (5, 15, 60, 240)
"""Seconds until a bot that is not well looks again, or that is down is started again; one that has
been ill for longer than a quarter of an hour waits for the next one."""
KILLED = "process killed"


@dataclass
class Storm:
    """What happened, and what came of it.

    `faults` counts what befell the bot by kind, `recovery` is the longest time from one of a kind
    until the bot was well; `ends` the places where freqtrade ended by itself.
    """

    faults: Counter[str] = field(default_factory=Counter)
    recovery: dict[str, timedelta] = field(default_factory=dict)
    failed_starts: int = 0
    stops: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    entries: int = 0
    judged: int = 0
    unexplained: int = 0
    missing: int = 0
    broken: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        return self.faults[KILLED]

    def took(self, kind: str, time: timedelta) -> None:
        """The bot was well again `time` after something of this kind."""
        self.recovery[kind] = max(self.recovery.get(kind, timedelta(0)), time)

    def add(self, other: "Storm") -> None:
        """This storm and another one."""
        self.faults += other.faults
        self.ends += other.ends
        for kind, time in other.recovery.items():
            self.took(kind, time)
        for name in ("failed_starts", "stops", "entries", "judged", "unexplained", "missing"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.broken += other.broken

    def __str__(self) -> str:
        rows = [
            f"| {kind} | {times} | {_spoken(self.recovery.get(kind))} |"
            for kind, times in sorted(self.faults.items())
        ]
        told = (
            f"{sum(self.faults.values()) - self.kills} faults, {self.kills} kills, "
            f"{self.failed_starts} failed starts, {self.stops} stops, ends {dict(self.ends)}, "
            f"{self.entries} entries, {self.judged} of them judged by W, "
            f"{self.unexplained} positions without a trade reported, "
            f"{self.missing} trades without a position reported; broken: {self.broken}"
        )
        return "\n".join(["| what | times | longest until well |", "|---|---|---|", *rows, told])


def _spoken(time: timedelta | None) -> str:
    if time is None:
        return "-"
    seconds = time.total_seconds()
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


class Voyage:
    """One bot on its way through `hours` of bad weather and QUIET ones; all follows `seed`."""

    def __init__(
        self, home: Home, exchange: str, seed: int, hours: int, *, meddled: bool = False
    ) -> None:
        self.home, self.exchange, self.hours = home, exchange, hours
        self.rng = np.random.default_rng(seed)
        self.found = Storm()
        self.bot: Bot | None = None
        self.clocks = Clocks(home, after(BEGIN))
        self.raging = True
        self._ailing: dict[str, datetime] = {}
        self._told = 0
        self._maintenance: list[Rule] = []
        every_4h = range(BEGIN, BEGIN + hours + 1, 4)
        signals = {pair: [hour for hour in every_4h if self.rng.random() < 0.9] for pair in PAIRS}
        home.plugin("script", script(signals, stop=0.04, trail=0.05))
        for asset in ("BTC", "ETH", "SOL"):
            factors = np.cumprod(1 + self.rng.normal(0, 0.012, hours + QUIET))
            home.market.paint(asset, BEGIN, factors)
        home.account(exchange, USD=str(WALLET))
        self.invariants = Invariants(home, exchange)
        meddling = np.random.default_rng([seed, 1])
        self.person = Person(home, exchange, self.invariants, meddling) if meddled else None

    def go(self) -> Storm:
        """From beginning to end."""
        hour = BEGIN
        while self.clocks.now < after(BEGIN + self.hours + QUIET):
            late = self.clocks.now >= after(BEGIN + self.hours)
            if self.raging and late:
                self._calm()
            self.clocks.put_right()
            if self.raging and self.clocks.now >= after(hour):
                hour += 1
                self._worse()
            self._quarter()
        # The last hour has just closed: an exit may be sent, then heard of, then counted.
        for _ in range(3):
            self._loop()
            self.clocks.set(self.clocks.now + timedelta(seconds=5))
        assert self.bot is not None, "it starts when nothing fails"
        self.invariants.at_the_end(self.bot)
        self.found.broken = self.invariants.broken
        for name in ("entries", "judged", "unexplained", "missing"):
            setattr(self.found, name, getattr(self.invariants, name))
        return self.found

    def _worse(self) -> None:
        if self.person is None or self.rng.random() < 0.3:
            self._maintenance += brew(self.home, self.exchange, self.rng)
        if self.bot is not None:  # a person looks by, and is content
            locks.release(locks.ALL, locks.ERRORS, datetime.now(UTC))
        if self.person is not None and (done := self.person.acts()):
            self._befell(done)
        trouble = trouble_clocks(self.clocks, self.rng, after(BEGIN + self.hours))
        if trouble:
            self._befell(trouble)

    def _calm(self) -> None:
        self.raging = False
        self._note_faults()
        self.home.venue.faults.clear()
        self._told = 0
        if self.clocks.until:
            self.clocks.until = self.clocks.now

    def _befell(self, kind: str) -> None:
        self.found.faults[kind] += 1
        self._ailing.setdefault(kind, self.clocks.now)

    def _note_faults(self) -> None:
        """What has befallen calls since the last look; maintenance counts once, however often the
        bot knocks."""
        happened = self.home.venue.faults.happened
        for _, _, fault in happened[self._told :]:
            if fault is not Fault.MAINTENANCE:
                self._befell(str(fault))
            elif self._maintenance:
                self._maintenance.pop()
                self._befell(str(fault))
        self._told = len(happened)

    def _quarter(self) -> None:
        """A quarter of an hour: a loop, and more of them while the bot is not well."""
        begin = self.clocks.now
        for seconds in (0, *SOON):
            self.clocks.set(begin + timedelta(seconds=seconds))
            since = min(self._ailing.values(), default=begin)
            if self._loop() or since < begin:
                break
        self.clocks.set(begin + QUARTER + timedelta(seconds=40 * self.rng.random()))

    def _loop(self) -> bool:
        """One iteration, or a start; whether the bot was well at its end, and knew what it has."""
        if self.bot is None:
            self.bot = self._started()
        ended = self.bot is None or not self._iterated(self.bot)
        self._note_faults()
        self.invariants.at_each_step()
        if ended:
            if self.bot is not None:
                self.home.kill()
            self.bot = None
            return False
        assert self.bot is not None
        if self.bot.worker.freqtrade.state is not State.RUNNING:
            self.found.stops += 1
            self.found.ends[f"stopped: {self.bot.log[-1][:90]}"] += 1
            self.home.kill()
            self.bot = None
            return False
        if not _well(self.bot):
            return False
        settled = self.invariants.when_well(self.bot)
        if self.person is not None:
            self.person.follows_advice(self.bot)
        for kind, since in self._ailing.items():
            self.found.took(kind, self.home.venue.clock() - since)
        self._ailing.clear()
        if self.clocks.until:
            self._ailing[SKEW] = self.clocks.now
        return settled

    def _started(self) -> Bot | None:
        try:
            bot = self.home.start(
                PAIRS,
                exchange=self.exchange,
                live=True,
                timeout=PATIENCE,
                nija={"downgrade_buffer": 50},
            )
        except Exception:
            # Also a TypeError of freqtrade's own, when the exchange's time is half an answer.
            self.found.failed_starts += 1
            gc.collect()  # what a process would leave behind
            return None
        bot.strategy.time_stop = timedelta(hours=3)
        self.invariants.listen_to(bot)
        return bot

    def _iterated(self, bot: Bot) -> bool:
        """One iteration; False when the process ended in it: killed, or by an error that freqtrade
        does not catch, such as the second order of a trade whose answer had no id."""
        with killing(bot, self.rng if self.raging else None):
            try:
                bot.state = bot.worker._worker(old_state=bot.state)
            except Killed:
                self._befell(KILLED)
                self.invariants.files()
                return False
            except Exception as error:
                self.found.ends[f"{type(error).__name__}: {str(error)[:90]}"] += 1
                return False
        return True


def _well(bot: Bot) -> bool:
    """The loop valued the account, no cash is in doubt, the newest candles are there: entries are
    possible, or a lock or a refusal says why not."""
    run, now = bot.run, datetime.now(UTC)
    if run.loop is None or run.check_loop(bot.account()).problem or bot.account().unsettled:
        return False
    readings = [bot.strategy._book.reading(pair, now) for pair in PAIRS]
    return all(one and now - one.ended < timedelta(hours=1) for one in readings)


def storm(home: Home, exchange: str, seed: int, hours: int, *, meddled: bool = False) -> Storm:
    """`hours` of bad weather from START + BEGIN on, and QUIET ones; everything follows `seed`."""
    found = Voyage(home, exchange, seed, hours, meddled=meddled).go()
    found.broken = [f"seed {seed}: {one}" for one in found.broken]
    return found


def storms(exchange: str, seeds: range, hours: int = 12, *, meddled: bool = False) -> Storm:
    """One storm a seed, all on one exchange, each in a home of its own."""
    whole, market = Storm(), PaintedMarket()
    venue = Venue(market)
    with TemporaryDirectory() as folder, serve(build_app(venue), port=0) as url:
        for seed in seeds:
            path = Path(folder) / str(seed)
            path.mkdir()
            with (
                pytest.MonkeyPatch.context() as patch,
                a_home(path, url, market, venue, patch) as home,
            ):
                whole.add(storm(home, exchange, seed, hours, meddled=meddled))
    return whole


if __name__ == "__main__":
    print(storms(sys.argv[1], range(*map(int, sys.argv[2:4])), meddled=sys.argv[4:] == ["meddled"]))  # noqa: T201
