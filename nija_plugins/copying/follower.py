"""One follower: enters what the leader has entered, leaves what the leader has left.

It compares, it does not replay: whatever was missed while a connection was cut or a bot was down is
found by the next comparison. What was copied already is known from the follower's own trades.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from nija_plugins.copying import rules
from nija_plugins.copying.bot import Bot, BotError, Clock, Deal, Facts, Rejected
from nija_plugins.copying.following import ALREADY
from nija_plugins.copying.leader import Leader, Led
from nija_plugins.copying.report import Event, Kind, Tell, sentence
from nija_plugins.copying.setup import FollowerEndpoint
from nija_plugins.copying.tag import Copy, TradeKey, key_of

SYNC = 20.0
"""Seconds between two comparisons when nothing happens."""

AGAIN = 3.0
"""Seconds until what did not work is tried again."""

RECONSIDERED = timedelta(seconds=10)
"""How long a refusal stands before the follower is asked again."""

CLOCKS_APART = 5.0
"""Seconds by which a bot's clock may differ from ours."""


class Follower:
    """Keeps one follower in step with `leader`. `wake` is set when there is something new;
    `problem` is why it gets no entries at present (exits go on)."""

    def __init__(
        self, endpoint: FollowerEndpoint, bot: Bot, leader: Leader, clock: Clock, tell: Tell
    ) -> None:
        self.wake = asyncio.Event()
        self.problem: str | None = "it has not been looked at yet"
        self.name = endpoint.name
        self._endpoint = endpoint
        self._bot = bot
        self._leader = leader
        self._clock = clock
        self._tell_all = tell
        self._began = clock()
        self._looked = False
        self._held: dict[TradeKey, Deal] = {}
        self._settled: set[TradeKey] = set()
        """Trades of the leader that need no entry any more: copied, or told of as missed."""
        self._said: dict[TradeKey, str] = {}
        """The last thing that was said of each trade that did not work."""
        self._asked_again: dict[TradeKey, datetime] = {}
        self._left: set[TradeKey] = set()

    async def run(self) -> None:
        """Compares until it is cancelled."""
        while True:
            self.wake.clear()
            waiting = await self.step()
            try:
                # Not wait_for: Python 3.11's forgets a cancellation that comes with the wake.
                async with asyncio.timeout(AGAIN if waiting else SYNC):
                    await self.wake.wait()
            except TimeoutError:
                self._looked = False  # a person, or its own stop, may have changed something

    async def step(self) -> bool:
        """One comparison; True when something should be tried again soon."""
        if self._leader.trades is None:
            return False
        self._give_up()
        try:
            if not self._looked:
                await self.look()
            waiting = await self._leave()
            for led in list(self._wanted()):
                waiting = await self._enter(led) or waiting
            return waiting
        except BotError as error:
            self._looked = False
            self._note_problem(str(error))
            return True

    async def check(self) -> None:
        """Looks, and orders nothing."""
        try:
            await self.look()
        except BotError as error:
            self._note_problem(str(error))

    async def look(self) -> None:
        """Looks at what it is and what it holds. Raises BotError."""
        facts = await self._bot.facts()
        deals = await self._bot.open_deals()
        found = {key_of(deal.tag): deal for deal in deals}
        ours = self._leader.bot.name
        held = {key: deal for key, deal in found.items() if key and key.leader == ours}
        for key, deal in held.items():
            # An answer got lost, or another copier was here.
            if key not in self._settled and deal.opened >= self._began.timestamp() * 1000:
                self._tell_copied(key, deal)
        self._held = held
        self._settled |= held.keys()
        self._looked = True
        self._note_problem(self._unfit(facts), facts)

    # -- entries ----------------------------------------------------------------------------

    def _wanted(self) -> Iterator[Led]:
        """What may be entered now, if the follower agrees."""
        pairs = self._endpoint.pairs
        for key, led in (self._leader.trades or {}).items():
            if led.copy and key not in self._settled and (not pairs or led.pair in pairs):
                yield led

    def _copy(self, led: Led) -> Copy:
        assert led.copy is not None
        return replace(led.copy, share=self._endpoint.share)

    def _give_up(self) -> None:
        """Entries that have become too old are missed; said where nothing was said before."""
        for led in list(self._wanted()):
            copy = self._copy(led)
            why = rules.too_old(copy, self._clock())
            if why is None:
                continue
            self._settled.add(led.key)
            # What the leader entered long before this start was never ours to copy.
            if copy.filled_at > self._began - rules.FRESH and led.key not in self._said:
                because = f" ({self.problem})" if self.problem else ""
                self._tell("missed", why + because, led.key, led.pair)

    async def _enter(self, led: Led) -> bool:
        """True when it should be tried again."""
        now = self._clock()
        if self.problem is not None or now < self._asked_again.get(led.key, now):
            return True
        try:
            deal = await self._bot.enter(self._copy(led), led.pair)
        except Rejected as error:
            if str(error).startswith(ALREADY):
                self._settled.add(led.key)
                self._looked = False
            elif self._said.get(led.key) != str(error):
                self._said[led.key] = str(error)
                self._tell("refused", str(error), led.key, led.pair)
            self._asked_again[led.key] = now + RECONSIDERED
            return True
        self._held[led.key] = deal
        self._settled.add(led.key)
        self._tell_copied(led.key, deal)
        return False

    # -- exits ------------------------------------------------------------------------------

    async def _leave(self) -> bool:
        """Leaves what the leader has left; True when it should be looked at again."""
        waiting = False
        for key, deal in list(self._held.items()):
            if key in (self._leader.trades or {}):
                continue
            try:
                closed = await self._leader.has_closed(key)
            except BotError:
                return True  # told where the leader is watched
            if closed:
                waiting = True
                await self._leave_one(key, deal)
            elif closed is None and key not in self._said:
                self._said[key] = "unknown"
                text = "The leader does not know this trade any more: it stays under its own stop."
                self._tell("problem", text, key, deal.pair)
        return waiting

    async def _leave_one(self, key: TradeKey, deal: Deal) -> None:
        self._looked = False  # whether it is gone is seen when it is looked at again
        if deal.exiting:
            return
        try:
            await self._bot.leave(deal.id)
        except Rejected as error:
            if self._said.get(key) != str(error):
                self._said[key] = str(error)
                self._tell("problem", f"Trade {deal.id} is not left: {error}", key, deal.pair)
            return
        if key not in self._left:
            self._left.add(key)
            text = f"Trade {deal.id} is told to leave, as the leader has."
            self._tell("left", text, key, deal.pair, follower_trade=deal.id)

    # -- what is told -----------------------------------------------------------------------

    def _unfit(self, facts: Facts) -> str | None:
        """Why this bot may not follow this leader."""
        leader, standing = self._leader, facts.standing
        if standing is None:
            return "it runs no NIJA strategy: nothing would size and guard its copies"
        currencies = f"its stake_currency is {facts.stake_currency}, not {leader.stake_currency}"
        real = "it trades real money, and the leader is a dry run"
        enable = '"force_entry_enable" is not true in its configuration'
        mode = f'its nija setting "mode" is {standing.mode}, not MASTER_FOLLOW'
        clocks = apart(self._bot.ahead)
        found = (
            (facts.stake_currency != leader.stake_currency, currencies),
            (leader.dry_run and not facts.dry_run, real),
            (not facts.force_entry, enable),
            (standing.mode != "MASTER_FOLLOW", mode),
            (facts.state != "running", f"it is {facts.state}: start it"),
            (clocks is not None, clocks),
        )
        return next((why for unfit, why in found if unfit), None)

    def _note_problem(self, problem: str | None, facts: Facts | None = None) -> None:
        if problem == self.problem:
            return
        self.problem = problem
        if problem is not None:
            self._tell("problem", f"No entries: {sentence(problem)}")
        elif facts is not None and facts.standing is not None:
            share, tier = self._endpoint.share, facts.standing.tier
            money = "a dry run" if facts.dry_run else "real money"
            holds = f"holds {len(self._held)} copies"
            self._tell(
                "follower", f"Follows with {share:.0%} of its stake; {tier}, {money}, {holds}."
            )

    def _tell_copied(self, key: TradeKey, deal: Deal) -> None:
        led = (self._leader.trades or {}).get(key)
        facts: dict[str, object] = {"follower_trade": deal.id, "stake": deal.stake}
        after = ""
        if led is not None:
            seconds = (deal.opened - led.filled) / 1000
            facts["latency_seconds"] = seconds
            after = f", {seconds:.2f} s after the leader's fill"
        text = f"Trade {deal.id}, ${deal.stake:.2f} at {deal.rate:g}{after}."
        self._tell("copied", text, key, deal.pair, **facts)

    def _tell(
        self,
        kind: Kind,
        sentence: str,
        key: TradeKey | None = None,
        pair: str | None = None,
        **facts: object,
    ) -> None:
        trade = str(key) if key else None
        self._tell_all(Event(self._clock(), kind, self.name, sentence, trade, pair, facts))


def apart(ahead: float) -> str | None:
    """A sentence about a clock that is `ahead` seconds ahead of ours, None when that is little."""
    if abs(ahead) <= CLOCKS_APART:
        return None
    where = "ahead of" if ahead > 0 else "behind"
    return f"its clock is {abs(ahead):.0f} s {where} this machine's: set the clocks (NTP)"
