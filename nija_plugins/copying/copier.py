"""The copier: listens to the leader's websocket and keeps every follower in step.

A message only says that something has happened; what, the leader is asked. Each follower is a task
of its own, so that one that does not answer delays nobody.
"""

import asyncio
import json
from collections.abc import Generator
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from nija_plugins.copying.bot import Bot, BotError, Clock, WrongCredentials
from nija_plugins.copying.follower import AGAIN, Follower, apart
from nija_plugins.copying.leader import Leader, needed
from nija_plugins.copying.report import Event, Kind, Tell, sentence
from nija_plugins.copying.setup import Setup

LOOK = 15.0
"""Seconds between two looks at the whole leader, whatever its websocket says."""

PATIENCE = 15.0
"""Seconds between two attempts to reach a leader that stays away."""

FILLS = ["entry_fill", "exit_fill"]


class CopyingEnds(ValueError):
    """Nothing can be copied until a person acts; the message says what to do."""


class Copier:
    """Copies one leader to its followers, for as long as `run` runs."""

    def __init__(self, setup: Setup, clock: Clock, tell: Tell) -> None:
        self._setup = setup
        self._clock = clock
        self._tell_all = tell
        self.leader = Leader(Bot(setup.leader, clock))
        self._bots = [Bot(one, clock) for one in setup.followers]
        self.followers = [
            Follower(endpoint, bot, self.leader, clock, tell)
            for endpoint, bot in zip(setup.followers, self._bots, strict=True)
        ]
        self._problem: str | None = None
        self._standing: str | None = None
        self._told: set[str] = set()

    async def run(self) -> None:
        """Copies until it is cancelled. Raises CopyingEnds."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._watch())
                tasks.create_task(self._listen())
                for one in self.followers:
                    tasks.create_task(one.run())
        except ExceptionGroup as group:
            ends = group.subgroup(CopyingEnds)
            if ends is None:
                raise
            raise CopyingEnds(str(ends.exceptions[0])) from None
        finally:
            await self.close()

    async def check(self) -> bool:
        """Looks at everybody once, the websocket too; True when copying could begin. Raises
        CopyingEnds."""
        try:
            await self._look()
            answered = self.leader.trades is not None
            if answered:
                await self._try_connection()
            await asyncio.gather(*(one.check() for one in self.followers))
            able = not any(one.problem for one in self.followers) and self._problem is None
            return answered and able
        finally:
            await self.close()

    async def close(self) -> None:
        """Ends all connections."""
        await asyncio.gather(*(one.close() for one in (self.leader.bot, *self._bots)))

    # -- the leader -------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Looks at the leader now and then: a message may have got lost."""
        while True:
            await self._look()
            await asyncio.sleep(LOOK if self.leader.trades is not None else AGAIN)

    async def _listen(self) -> None:
        async for socket in self._connection():
            try:
                await socket.send(json.dumps({"type": "subscribe", "data": FILLS}))
                await self._look()
                if self._problem is None:
                    self._tell("leader", "Connected: its fills arrive as they happen.")
                async for message in socket:
                    await self._hear(json.loads(message))
            except ConnectionClosed:
                pass
            self._tell("leader", "The connection is lost; copies are caught up with afterwards.")
            await asyncio.sleep(1)

    async def _try_connection(self) -> None:
        try:
            async with self._connection():
                self._tell("leader", "Its websocket answers.")
        except (OSError, TimeoutError, WebSocketException) as error:
            ends = self._judge(error)
            name = self._setup.leader.name
            raise ends or CopyingEnds(
                f"{name}: its websocket does not answer ({type(error).__name__})."
            ) from None

    def _connection(self) -> connect:
        address, token = self._setup.leader.address, self._setup.leader.ws_token
        return connect(
            # http → ws, https → wss
            f"ws{address.removeprefix('http')}/api/v1/message/ws"
            f"?token={quote(token.get_secret_value())}",
            process_exception=self._judge,
            reconnect_delays=_delays,
        )

    def _judge(self, error: Exception) -> Exception | None:
        """None when the connection is tried again; the reason why not, without the token."""
        if not isinstance(error, InvalidStatus):
            return None
        status = error.response.status_code
        leader = self._setup.leader
        if status in (401, 403):
            return CopyingEnds(
                f"{leader.name} refuses the ws_token in {leader.ws_token_env}: it must be the "
                "ws_token of its api_server section."
            )
        if status >= 500:  # it is starting, or somebody stands in for it
            return None
        return CopyingEnds(
            f"{leader.name} has no websocket at {leader.address}/api/v1/message/ws "
            f"(HTTP {status}): does a proxy keep it back?"
        )

    async def _hear(self, message: dict[str, Any]) -> None:
        number = message.get("trade_id")
        if message.get("type") not in FILLS or not isinstance(number, int):
            return
        try:
            await self.leader.look_at(number)
        except BotError as error:
            self._note_problem(str(error))
        self._pass_on()

    async def _look(self) -> None:
        try:
            await self.leader.look()
        except WrongCredentials as error:
            raise CopyingEnds(f"{error} ({self._setup.leader.password_env})") from None
        except BotError as error:
            self._note_problem(str(error))
            return
        self._note_standing()
        self._pass_on()

    def _pass_on(self) -> None:
        """Wakes the followers, and says which trades are nobody's to copy."""
        for led in (self.leader.trades or {}).values():
            if led.why_not is not None and str(led.key) not in self._told:
                self._told.add(str(led.key))
                text = f"Trade {led.key.trade} is not copied: {led.why_not}."
                self._tell("leader", text, str(led.key), led.pair)
        for one in self.followers:
            one.wake.set()

    # -- what is told -----------------------------------------------------------------------

    def _note_standing(self) -> None:
        standing = self.leader.standing
        if standing is None:
            self._note_problem(
                "it runs no NIJA strategy: nobody says which of its trades may be copied"
            )
            return
        if standing.mode == "MASTER_FOLLOW":
            self._note_problem('its "mode" is MASTER_FOLLOW: copies are not copied')
            return
        self._note_problem(apart(self.leader.bot.ahead))
        text = f"Tier {standing.tier}: its trades are copied."
        if not standing.copied:
            text = f"Tier {standing.tier} is not copied; needed: {needed()}."
        if text != self._standing:
            self._standing = text
            self._tell("leader", text)

    def _note_problem(self, problem: str | None) -> None:
        if problem == self._problem:
            return
        self._problem = problem
        if problem is None:
            self._tell("leader", "In order again.")
        else:
            self._tell("problem", sentence(problem))

    def _tell(
        self, kind: Kind, sentence: str, trade: str | None = None, pair: str | None = None
    ) -> None:
        name = self._setup.leader.name
        self._tell_all(Event(self._clock(), kind, name, sentence, trade, pair))


def _delays() -> Generator[float, None, None]:
    """Seconds before each attempt to reach a leader that is away."""
    delay = 1.0
    while True:
        yield delay
        delay = min(delay * 2, PATIENCE)
