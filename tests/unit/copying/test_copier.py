"""The copier and its command: the leader's websocket, its standing, and the errors people meet."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nija_plugins.cli import app
from nija_plugins.copying.copier import Copier, CopyingEnds
from nija_plugins.copying.report import Event
from nija_plugins.copying.setup import load
from nija_plugins.copying.standing import Standing
from tests.unit.copying.fake_bot import (
    FOLLOWS,
    LEADS,
    SECRET,
    TOKEN,
    FakeBot,
    a_trade,
    facts_of,
    serving,
)

SECRETS = {"PASSWORD": SECRET, "TOKEN": TOKEN, "WRONG": "a-guess"}


@dataclass
class Room:
    """A leader, a follower, and the file that names them; the clock is this machine's."""

    path: Path
    leads: FakeBot
    follows: FakeBot
    events: list[Event] = field(default_factory=list)
    ahead: timedelta = timedelta(0)

    def write(self, text: str = "", **leader: str) -> Path:
        facts = {
            "name": "main",
            "url": self.leads.url,
            "username": "nija",
            "password_env": "PASSWORD",
            "ws_token_env": "TOKEN",
        } | leader
        follower = {"name": "anna", "url": self.follows.url, "username": "nija"}
        follower["password_env"] = "PASSWORD"
        lines = ["[leader]", *(f'{key} = "{value}"' for key, value in facts.items())]
        lines += ["[[followers]]", *(f'{key} = "{value}"' for key, value in follower.items())]
        file = self.path / "followers.toml"
        file.write_text("\n".join([*lines, text]))
        return file

    def copier(self, **leader: str) -> Copier:
        setup = load(self.write(**leader), SECRETS)
        return Copier(setup, lambda: datetime.now(UTC) + self.ahead, self.events.append)

    def check(self, **leader: str) -> bool:
        return asyncio.run(self.copier(**leader).check())

    def told(self, who: str) -> list[str]:
        return [one.sentence for one in self.events if one.who == who]

    def copying(self, *steps: Callable[[], object]) -> None:
        """Runs a copier until each step in turn has become true."""

        async def run() -> None:
            task = asyncio.create_task(self.copier().run())
            for step in steps:
                while not step():
                    await asyncio.sleep(0.01)
                    assert not task.done(), task
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(asyncio.wait_for(run(), 60))


def now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with ExitStack() as stack:
        leads = stack.enter_context(serving(FakeBot(facts_of(LEADS))))
        follows = stack.enter_context(serving(FakeBot(facts_of(FOLLOWS))))
        yield Room(tmp_path, leads, follows)


class TestMistakes:
    """What people meet, a line each, without secrets."""

    def test_everything_in_order(self, room: Room) -> None:
        assert room.check()
        assert room.told("main") == [
            "Tier ADVANCED: its trades are copied.",
            "Its websocket answers.",
        ]
        assert room.told("anna") == [
            "Follows with 100% of its stake; STARTER, a dry run, holds 0 copies."
        ]

    def test_a_leader_that_is_not_there(self, room: Room, free_port: int) -> None:
        assert not room.check(url=f"http://127.0.0.1:{free_port}")
        (told,) = room.told("main")
        assert "main: nothing answers at" in told and "api_server enabled" in told
        assert room.told("anna"), "everybody is looked at"

    def test_a_leader_that_is_something_else(self, room: Room) -> None:
        room.leads.facts = []  # type: ignore[assignment]
        assert not room.check()
        (told,) = room.told("main")
        assert "is no freqtrade that NIJA knows" in told

    def test_a_wrong_password(self, room: Room) -> None:
        with pytest.raises(CopyingEnds, match=r"refuses the username or the password. \(WRONG\)"):
            room.check(password_env="WRONG")

    def test_a_wrong_token(self, room: Room) -> None:
        with pytest.raises(CopyingEnds, match=r"refuses the ws_token in WRONG: it must be"):
            room.check(ws_token_env="WRONG")

    def test_a_token_that_becomes_wrong_ends_the_copying(self, room: Room) -> None:
        with pytest.raises(CopyingEnds, match=r"refuses the ws_token in WRONG"):
            asyncio.run(room.copier(ws_token_env="WRONG").run())

    def test_no_websocket(self, room: Room) -> None:
        room.leads.has_websocket = False
        with pytest.raises(CopyingEnds, match=r"has no websocket at .* \(HTTP 404\): does a proxy"):
            room.check()

    def test_a_tier_that_is_not_copied(self, room: Room) -> None:
        growth = str(Standing("0.1.0", "GROWTH", False, "MASTER_ONLY"))
        room.leads.facts = facts_of(growth)
        room.check()
        assert "Tier GROWTH is not copied; needed: ADVANCED, from $500." in room.told("main")

    @pytest.mark.parametrize(
        ("standing", "told"),
        [
            (None, "it runs no NIJA strategy: nobody says which of its trades may be copied."),
            (FOLLOWS, 'its "mode" is MASTER_FOLLOW: copies are not copied.'),
        ],
    )
    def test_a_bot_that_cannot_lead(self, room: Room, standing: str | None, told: str) -> None:
        room.leads.facts = facts_of(standing)
        assert not room.check()
        assert told in room.told("main")

    def test_clocks_apart(self, room: Room) -> None:
        room.ahead = timedelta(seconds=90)
        assert not room.check()
        # A loaded machine hears the answer seconds late: 90 more or less.
        told = r"its clock is [89]\d s behind this machine's: set the clocks \(NTP\)\."
        assert any(re.fullmatch(told, one) for one in room.told("main"))
        assert any(re.fullmatch(f"No entries: {told}", one) for one in room.told("anna"))


class TestCopying:
    """Messages wake it; what it missed, it finds."""

    def fill(self, room: Room, number: int, kind: str = "entry_fill") -> Callable[[], object]:
        def say() -> object:
            opened = now_ms()
            if kind == "entry_fill":
                trade = a_trade(number, open_timestamp=opened, open_fill_timestamp=opened)
                room.leads.trades[number] = trade
            else:
                room.leads.trades[number]["is_open"] = False
            room.leads.sayings.append({"type": kind, "trade_id": number})
            return True

        return say

    def test_fills_are_copied_as_they_happen(self, room: Room) -> None:
        room.copying(
            lambda: room.leads.subscriptions,
            self.fill(room, 1),
            lambda: room.follows.trades,
            self.fill(room, 1, "exit_fill"),
            lambda: room.follows.exits,
        )
        assert room.leads.subscriptions == [
            {"type": "subscribe", "data": ["entry_fill", "exit_fill"]}
        ]
        assert "Connected: its fills arrive as they happen." in room.told("main")

    def test_what_happens_while_the_connection_is_lost(
        self, room: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("nija_plugins.copying.copier.LOOK", 1e6)

        def unheard() -> object:
            self.fill(room, 1)()
            room.leads.sayings.clear()
            room.leads.hangs_up = True
            return True

        room.copying(
            lambda: room.told("anna") and any("Connected" in one for one in room.told("main")),
            unheard,
            lambda: room.follows.trades,
        )
        assert any("The connection is lost" in one for one in room.told("main"))

    def test_what_it_does_not_understand_is_passed_over(self, room: Room) -> None:
        def say() -> object:
            room.leads.sayings += [
                {"type": "status", "status": "running"},
                {"type": "entry_fill"},
                {"type": "entry_fill", "trade_id": 99},
            ]
            return True

        room.copying(
            lambda: room.leads.subscriptions, say, self.fill(room, 1), lambda: room.follows.trades
        )

    def test_a_trade_below_the_tier_is_told_once_and_not_copied(self, room: Room) -> None:
        room.leads.notes["nija_copying"] = {"copied": False, "tier": "GROWTH"}

        def told() -> bool:
            return any("Trade 1 is not copied" in one for one in room.told("main"))

        room.copying(lambda: room.leads.subscriptions, self.fill(room, 1), told)
        assert room.follows.entries == 0
        (line,) = [one for one in room.told("main") if "Trade 1" in one]
        assert "tier GROWTH did not allow it" in line and "ADVANCED, from $500" in line


class TestCommand:
    """`nija copy` as it is typed."""

    def run(self, *arguments: str) -> "tuple[int, str]":
        result = CliRunner().invoke(app, ["copy", *arguments], env={**SECRETS, "COLUMNS": "200"})
        return result.exit_code, result.output

    def test_check_for_people_and_for_scripts(self, room: Room) -> None:
        file = str(room.write())
        code, output = self.run("--check", "--followers", file)
        assert code == 0
        assert "anna follower: Follows with 100% of its stake" in output
        code, output = self.run("--check", "--json", "--followers", file)
        lines = [json.loads(line) for line in output.splitlines()]
        assert [one["who"] for one in lines] == ["main", "main", "anna"]
        room.follows.facts["force_entry_enable"] = False
        code, output = self.run("--check", "--followers", file)
        assert code == 1
        assert 'anna problem: No entries: "force_entry_enable" is not true' in output
        assert SECRET not in output and TOKEN not in output

    def test_a_mistake_ends_with_two(self, room: Room, tmp_path: Path) -> None:
        code, output = self.run("--followers", str(tmp_path / "nobody.toml"))
        assert code == 2
        assert "nobody.toml does not exist" in output
        code, output = self.run("--followers", str(room.write(ws_token_env="WRONG")))
        assert code == 2
        assert "refuses the ws_token in WRONG" in output
        assert "a-guess" not in output and "Traceback" not in output
