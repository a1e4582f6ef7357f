"""A real bot in a process of its own, told over its standard input when to iterate.

    python -m tests.integration.bot_process FOLDER URL

reads one JSON object a line: {"start": {...}} as for `Home.start`, {"at": [hours, seconds]},
{"plugin": [name, source]}; and answers each with a line of what it is and has.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import Trade

from nija_plugins.venue.venue import Credentials
from tests.conftest import ROOT
from tests.integration.live import Bot, Home, a_home
from tests.integration.painted_market import PaintedMarket


class Elsewhere:
    """The venue is in another process."""

    def reset(self) -> None:
        """Not ours to reset."""


def answer(home: Home, bot: Bot) -> dict[str, Any]:
    """What a test wants to know of a bot after each command."""
    account = bot.account() if bot.run.memory.seen else None
    return {
        "tier": bot.run.scaling.tier.name if bot.run.scaling.tier else None,
        "equity": account.equity if account else None,
        "own": account.own_equity if account else None,
        "peak": account.benchmarks.peak if account else None,
        "day_open": account.benchmarks.day_open if account else None,
        "locked": sorted(reason for reason, _ in account.locks) if account else [],
        "problem": bot.run.portfolio.problem if bot.run.portfolio else None,
        "open": {
            trade.pair: trade.amount * trade.open_rate
            for trade in Trade.get_trades_proxy(is_open=True)
        },
        "log": list(bot.log),
        "sent": list(home.sent),
    }


def serve(home: Home) -> None:
    """Obeys until the input ends."""
    bot: Bot | None = None
    for line in sys.stdin:
        order = json.loads(line)
        if "plugin" in order:
            home.plugin(*order["plugin"])
        if "start" in order:
            wanted = order["start"]
            if key := wanted.pop("credentials", None):
                home.keys[key["exchange"]] = Credentials(**key)
            bot = home.start(**wanted)
        if "at" in order:
            assert bot is not None
            bot.at(*order["at"])
        told = answer(home, bot) if bot is not None else {}
        print("ANSWER", json.dumps(told), flush=True)  # noqa: T201


@dataclass
class BotProcess:
    """The other end: a bot in a process, and what it last answered."""

    process: "subprocess.Popen[str]"
    now: dict[str, Any]

    def tell(self, **order: Any) -> "BotProcess":
        """One command; returns when it is done."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith("ANSWER "):
                self.now = json.loads(line.removeprefix("ANSWER "))
                return self
        raise AssertionError("The bot is gone.")

    def at(self, hours: float, seconds: float = 5) -> "BotProcess":
        """One iteration; see `Bot.at`."""
        return self.tell(at=[hours, seconds])

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()


@contextmanager
def a_bot_process(folder: Path, url: str) -> Iterator[BotProcess]:
    """A process with a home in `folder`, whose exchange is at `url`."""
    folder.mkdir(exist_ok=True)
    with (folder / "stderr").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.bot_process", str(folder), url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        yield BotProcess(process, {})
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    with pytest.MonkeyPatch.context() as patch:
        path, address = Path(sys.argv[1]), sys.argv[2]
        elsewhere: Any = Elsewhere()
        with a_home(path, address, PaintedMarket(), elsewhere, patch) as here:
            serve(here)
