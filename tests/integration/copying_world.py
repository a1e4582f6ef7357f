"""A leader, its followers and their copier as real processes, over one simulated exchange.

The market is flat and costs nothing: whatever a bot loses, it did not lose to the market.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pandas as pd

from nija_plugins.copying.tag import TradeKey, key_of
from nija_plugins.settings import ALIASES, Settings, environment_name
from nija_plugins.venue.app import build_app
from nija_plugins.venue.environment import freqtrade_environment
from nija_plugins.venue.server import HOST, serve
from nija_plugins.venue.venue import Venue
from tests.conftest import WITHOUT_FILTER, copy_of_the_house
from tests.integration.painted_market import DAYS, HISTORY, PaintedMarket

USER, PASSWORD, TOKEN = "nija", "a-password-of-tests", "a-token-of-tests"
PAIRS = ["BTC/USD", "ETH/USD"]
LONG = 90.0
"""Seconds after which a test gives up; nothing is expected to take that long."""

EAGER = """
import pandas as pd
from nija_plugins import hookimpl
from nija_plugins.view import Plan

@hookimpl
def nija_score(votes, regime):
    return pd.Series(1.0, index=regime.index)

@hookimpl
def nija_plan(dataframe, pair):
    def all_over(value):
        return pd.Series(value, index=dataframe.index)
    return Plan(stop=all_over(0.04), target=all_over(0.6), trail=all_over(0.06))
"""
"""What lets a leader enter whenever it is told to."""


class PresentMarket(PaintedMarket):
    """The quiet market, flat from this midnight on."""

    def __init__(self) -> None:
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        first, last = today - timedelta(days=HISTORY), today + timedelta(days=DAYS)
        self._starts = pd.date_range(first, last, freq="h", inclusive="left").as_unit("ms")
        self._closes = {}
        self._frames = {}
        self.reset()


def a_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def until(done: Callable[[], Any], what: str, seconds: float = LONG) -> Any:
    """The first answer of `done` that is true."""
    deadline = time.monotonic() + seconds
    while not (answer := done()):
        assert time.monotonic() < deadline, what
        time.sleep(0.1)
    return answer


class Wire:
    """A TCP connection that can be cut: what goes to `port` goes on to the bot behind it."""

    def __init__(self, behind: int) -> None:
        self.port = a_port()
        self._behind = behind
        self._ends: list[socket.socket] = []
        self._cut = False
        self._listener = socket.create_server((HOST, self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Every connection breaks, and new ones are dropped at once."""
        self._cut = True
        for one in self._ends:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._ends.clear()

    def mend(self) -> None:
        self._cut = False

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                if self._cut:
                    raise OSError
                far = socket.create_connection((HOST, self._behind))
            except OSError:
                near.close()
                continue
            self._ends += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    @staticmethod
    def _pump(one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def environment(**variables: str) -> dict[str, str]:
    """This process's, without the user's settings."""
    own = {environment_name(name) for name in Settings.model_fields} | set(ALIASES)
    kept = {
        name: text
        for name, text in os.environ.items()
        if name not in own and not name.startswith("FREQTRADE__") and "proxy" not in name.lower()
    }
    return kept | {"COLUMNS": "400"} | variables


@dataclass
class Trader:
    """One freqtrade process with its house and its API."""

    name: str
    house: Path
    url: str
    port: int = field(default_factory=a_port)
    process: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self.wire = Wire(self.port)
        self.http = httpx.Client(
            base_url=f"http://{HOST}:{self.port}/api/v1/",
            auth=(USER, PASSWORD),
            timeout=20,
            trust_env=False,
        )

    @property
    def log(self) -> str:
        return (self.house / "log").read_text()

    def start(self, wallet: float, nija: dict[str, Any], **changes: Any) -> None:
        """`freqtrade trade --strategy NijaMicro` with its API; `ready` waits for it."""
        config = {
            "add_config_files": ["../config.micro_capital.json"],
            "dry_run_wallet": wallet,
            "fee": 0.0,
            "force_entry_enable": True,
            # Signals of its own would come on top of what a test asks for.
            "ignore_buying_expired_candle_after": 1,
            "internals": {"process_throttle_secs": 1},
            "exchange": {"name": "coinbase", "pair_whitelist": PAIRS},
            "api_server": {
                "enabled": True,
                "listen_ip_address": HOST,
                "listen_port": self.port,
                "verbosity": "error",
                "jwt_secret_key": "a-secret-of-tests-that-is-long-enough",
                "username": USER,
                "password": PASSWORD,
                "ws_token": TOKEN,
            },
            **changes,
            "nija": WITHOUT_FILTER | {"max_consecutive_losses": 10_000} | nija,
        }
        (self.house / "user_data" / "config.json").write_text(json.dumps(config))
        variables = freqtrade_environment(self.url, "copying", {})
        with (self.house / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "freqtrade", "trade", "--strategy", "NijaMicro"],
                cwd=self.house,
                env=environment(**variables),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def ready(self) -> None:
        """Waits for its first whole loop: before it, nothing is entered."""

        def answers() -> bool:
            assert self.process is not None and self.process.poll() is None, self.log
            with contextlib.suppress(httpx.TransportError, KeyError):
                return "tier none" not in self.facts()["strategy_version"]
            return False

        until(answers, f"{self.name} does not start: {self.log}")

    def kill(self) -> None:
        """The process is gone, as when the power fails."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()
        self.wire.close()
        self.http.close()

    def facts(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.http.get("show_config").json()
        return answer

    def enter(self, pair: str) -> TradeKey:
        """A person tells it to enter."""

        def entered() -> Any:
            answer = self.http.post("forceenter", json={"pair": pair, "side": "long"})
            return answer.json() if answer.is_success else None

        told = until(entered, f"{self.name} does not enter: {self.log}")
        return TradeKey("main", told["trade_id"], told["open_timestamp"])

    def leave(self, number: int) -> None:
        self.http.post("forceexit", json={"tradeid": str(number)}).raise_for_status()

    def open_trades(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http.get("status").json()
        return found

    def closed_trades(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http.get("trades").json()["trades"]
        return [one for one in found if not one["is_open"]]

    def copies(self) -> list[TradeKey]:
        """The leader's trades behind all of its own, open and closed."""
        trades = [*self.closed_trades(), *self.open_trades()]
        return [key for one in trades if (key := key_of(one["enter_tag"]))]

    def holds(self, key: TradeKey) -> bool:
        return any(key_of(one["enter_tag"]) == key for one in self.open_trades())


@dataclass
class World:
    """Everybody, and the file that the copier reads."""

    path: Path
    leader: Trader
    followers: list[Trader]
    copier: "subprocess.Popen[bytes] | None" = None
    starts: int = 0

    def write_setup(self, **changes: dict[str, Any]) -> Path:
        """followers.toml; `changes` by a bot's name, with dashes as underscores."""
        lines = []
        for one in (self.leader, *self.followers):
            lines.append("[leader]" if one is self.leader else "[[followers]]")
            facts: dict[str, Any] = {
                "name": one.name,
                "url": f"http://{HOST}:{one.wire.port}",
                "username": USER,
                "password_env": "BOTS_PASSWORD",
            }
            if one is self.leader:
                facts["ws_token_env"] = "BOTS_TOKEN"
            facts |= changes.get(one.name, {})
            lines += [f"{key} = {json.dumps(value)}" for key, value in facts.items()]
        file = self.path / "followers.toml"
        file.write_text("\n".join(lines))
        return file

    def command(self, *options: str) -> list[str]:
        nija = Path(sys.executable).with_name("nija")
        return [str(nija), "copy", "--followers", str(self.path / "followers.toml"), *options]

    def start_copier(self) -> None:
        """`nija copy --json`, and waits until the followers are looked at."""
        seen = len(self.events("follower"))
        with (self.path / "events").open("ab") as out, (self.path / "errors").open("ab") as err:
            self.copier = subprocess.Popen(
                self.command("--json"),
                env=environment(BOTS_PASSWORD=PASSWORD, BOTS_TOKEN=TOKEN),
                stdout=out,
                stderr=err,
            )
        everybody = seen + len(self.followers)
        until(lambda: len(self.events("follower")) >= everybody, f"no followers: {self.told()}")

    def kill_copier(self) -> None:
        assert self.copier is not None
        self.copier.kill()
        self.copier.wait()

    def end_copier(self) -> int:
        """Ctrl-C; its exit code."""
        assert self.copier is not None
        self.copier.send_signal(signal.SIGINT)
        return self.copier.wait(timeout=20)

    def events(self, kind: str, who: str | None = None) -> list[dict[str, Any]]:
        """What the copier told so far."""
        file = self.path / "events"
        lines = file.read_text().splitlines() if file.exists() else []
        found = [json.loads(line) for line in lines]
        return [one for one in found if one["event"] == kind and who in (None, one["who"])]

    def told(self) -> str:
        """All of it, as it was printed."""
        return "".join(
            (self.path / name).read_text()
            for name in ("events", "errors")
            if (self.path / name).exists()
        )

    def wait_copied(self, key: TradeKey, followers: list[Trader] | None = None) -> None:
        for one in followers or self.followers:
            until(lambda one=one: one.holds(key), f"{one.name} has no copy: {self.told()}")  # type: ignore[misc]

    def wait_left(self, key: TradeKey, followers: list[Trader] | None = None) -> None:
        for one in followers or self.followers:
            until(lambda one=one: not one.holds(key), f"{one.name} holds on: {self.told()}")  # type: ignore[misc]

    def round_trip(self, pair: str) -> TradeKey:
        key = self.leader.enter(pair)
        self.wait_copied(key)
        self.leader.leave(key.trade)
        self.wait_left(key)
        return key


@contextmanager
def a_world(path: Path, names: list[str]) -> Iterator[World]:
    """Houses for a leader called main and for followers of these names; nobody runs yet."""
    with ExitStack() as stack:
        url = stack.enter_context(serve(build_app(Venue(PresentMarket(), spread=False)), port=0))

        def trader(name: str) -> Trader:
            (path / name).mkdir()
            one = Trader(name, copy_of_the_house(path / name), url)
            stack.callback(one.close)
            return one

        leader = trader("main")
        (leader.house / "user_data" / "plugins" / "eager.py").write_text(EAGER)
        world = World(path, leader, [trader(name) for name in names])

        def end() -> None:
            if world.copier is not None and world.copier.poll() is None:
                world.kill_copier()

        stack.callback(end)
        yield world
