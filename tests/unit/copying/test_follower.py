"""One follower beside one leader: what is entered, left, tried again and told."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from nija_plugins.copying.bot import Bot
from nija_plugins.copying.follower import Follower
from nija_plugins.copying.leader import Leader
from nija_plugins.copying.report import Event
from nija_plugins.copying.tag import key_of
from tests.unit.copying.fake_bot import (
    FOLLOWS,
    LEADS,
    MS,
    NOW,
    SECRET,
    FakeBot,
    a_copy,
    a_trade,
    facts_of,
    serving,
)


@dataclass
class Room:
    """A leader and a follower that are stepped by hand, at a time that is moved by hand."""

    leads: FakeBot
    follows: FakeBot
    now: datetime = NOW
    events: list[Event] = field(default_factory=list)

    def step(self, times: int = 1, **changes: Any) -> None:
        """A new copier that compares so many times."""

        async def run(leader: Leader, follower: Follower) -> None:
            for _ in range(times):
                await leader.look()
                await follower.step()

        self.copying(run, **changes)

    def copying(
        self, run: Callable[[Leader, Follower], Coroutine[Any, Any, None]], **changes: Any
    ) -> None:
        async def copying() -> None:
            endpoint = self.follows.endpoint("anna", **changes)
            # Answers carry this machine's clock; NOW is another one.
            bot = Bot(endpoint, lambda: self.now)
            bot._compare_clocks = lambda answer: None  # type: ignore[method-assign]
            leader = Leader(self.leads.leads())
            follower = Follower(endpoint, bot, leader, lambda: self.now, self.events.append)
            try:
                await run(leader, follower)
            finally:
                await bot.close()
                await leader.bot.close()

        asyncio.run(copying())

    def told(self, kind: str) -> list[str]:
        return [one.sentence for one in self.events if one.kind == kind]

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def room() -> Iterator[Room]:
    with ExitStack() as stack:
        leads = stack.enter_context(serving(FakeBot(facts_of(LEADS))))
        yield Room(leads, stack.enter_context(serving(FakeBot(facts_of(FOLLOWS)))))


def test_an_entry_with_its_plan_its_share_and_its_latency(room: Room) -> None:
    room.leads.trades = {7: a_trade(7)}
    room.step(3, share=0.5)
    (copied,) = room.follows.trades.values()
    assert copied["enter_tag"] == f"nija_copy:main:7:{MS}:{MS}:50000.0:0.04:0.15:0.06:0.5"
    (event,) = [one for one in room.events if one.kind == "copied"]
    assert event.facts == {"follower_trade": 1, "stake": 18.0, "latency_seconds": 0.4}


def test_it_ends_also_when_it_is_woken_in_the_same_moment(room: Room) -> None:
    """As on Ctrl-C while a fill arrives."""

    async def run(_: Leader, follower: Follower) -> None:
        task = asyncio.create_task(follower.run())
        await asyncio.sleep(0.05)
        follower.wake.set()
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task], timeout=1)
        ended = task.done()
        task.cancel()
        assert ended

    room.copying(run)


def test_a_new_copier_knows_what_was_copied(room: Room) -> None:
    room.leads.trades = {7: a_trade(7)}
    room.step()
    room.step()
    assert room.follows.entries == 1


def test_only_the_pairs_it_wants(room: Room) -> None:
    room.leads.trades = {1: a_trade(1), 2: a_trade(2, pair="ETH/USD")}
    room.step(2, pairs=["ETH/USD"])
    assert [one["pair"] for one in room.follows.trades.values()] == ["ETH/USD"]


def test_an_answer_that_got_lost_makes_no_second_entry(room: Room) -> None:
    room.leads.trades = {7: a_trade(7)}
    room.follows.loses = 1
    room.step(3)
    assert room.follows.entries == 1
    assert len(room.told("copied")) == 1


def test_a_refusal_says_why_once_and_is_tried_while_it_is_fresh(room: Room) -> None:
    room.leads.trades = {7: a_trade(7)}
    room.follows.refuses = "All pairs are locked."

    async def run(leader: Leader, follower: Follower) -> None:
        for seconds in (0, 5, 5, 10):
            room.later(seconds)
            await leader.look()
            assert await follower.step()
        room.later(61)
        assert not await follower.step()
        assert not await follower.step()

    room.copying(run)
    assert room.told("refused") == ["All pairs are locked."]
    assert room.told("missed") == []
    assert room.follows.entries == 3


def test_a_copy_that_was_left_already_is_no_refusal(room: Room) -> None:
    """Another copier was here, and the follower's own stop has taken it out since."""
    room.leads.trades = {7: a_trade(7)}
    room.follows.refuses = "It is copied already, as trade 3."
    room.step(3)
    assert room.follows.entries == 1
    assert not room.told("refused")


def test_what_became_too_old_while_it_was_away_is_missed(room: Room) -> None:
    room.leads.trades = {7: a_trade(7)}
    room.follows.facts["state"] = "stopped"

    async def run(leader: Leader, follower: Follower) -> None:
        await leader.look()
        await follower.step()
        room.later(61)
        room.follows.facts["state"] = "running"
        await follower.step()
        await follower.step()

    room.copying(run)
    assert room.follows.entries == 0
    (missed,) = room.told("missed")
    assert "61 s old; after 60 s it is not chased" in missed
    assert "it is stopped: start it" in missed


def test_what_was_old_before_the_start_is_nobodys_business(room: Room) -> None:
    room.leads.trades = {7: a_trade(7)}
    room.later(600)
    room.step(2)
    assert room.follows.entries == 0
    assert room.told("missed") == []


def test_it_leaves_what_the_leader_has_left_and_nothing_else(room: Room) -> None:
    """Also what it holds from before this start; not what another leader, or a person, entered."""
    room.leads.trades = {1: a_trade(1), 2: a_trade(2, is_open=False)}
    room.follows.trades = {
        1: a_trade(1, a_copy(1).tag),
        2: a_trade(2, a_copy(2).tag),
        3: a_trade(3, a_copy(2).tag.replace("main", "other")),
        4: a_trade(4, "force_entry"),
    }
    room.step(3)
    assert room.follows.exits == [2]
    assert len(room.told("left")) == 1


def test_a_trade_that_the_leader_does_not_know_stays_under_its_own_stop(room: Room) -> None:
    """The leader has another database: its trade 1 is another one."""
    room.leads.trades = {1: a_trade(1, is_open=False)}
    room.follows.trades = {1: a_trade(1, a_copy(1, MS - 5).tag), 2: a_trade(2, a_copy(9).tag)}
    room.step(3)
    assert room.follows.exits == []
    assert [one.split(":")[0] for one in room.told("problem")] == [
        "The leader does not know this trade any more"
    ] * 2


def test_a_resting_exit_is_not_ordered_again(room: Room) -> None:
    order = {"ft_order_side": "sell", "is_open": True}
    room.leads.trades = {1: a_trade(1, is_open=False)}
    room.follows.trades = {1: a_trade(1, a_copy(1).tag, orders=[order])}
    room.step(2)
    assert room.follows.exits == []
    order["is_open"] = False
    room.step(2)
    assert room.follows.exits == [1]


def test_an_exit_that_fails_is_tried_again_and_told_once(room: Room) -> None:
    room.leads.trades = {1: a_trade(1, is_open=False)}
    room.follows.trades = {1: a_trade(1, a_copy(1).tag)}
    room.follows.cannot_exit = "Failed to exit trade."
    room.step(3)
    assert room.follows.exits == [1, 1, 1]
    assert room.told("problem") == ["Trade 1 is not left: Failed to exit trade."]


def test_entries_that_are_never_answered_keep_no_exit_back(room: Room) -> None:
    room.leads.trades = {1: a_trade(1, is_open=False), 2: a_trade(2)}
    room.follows.trades = {1: a_trade(1, a_copy(1).tag)}
    room.follows.loses = 10
    room.step()
    assert room.follows.exits == [1]


UNFIT = [
    ({"strategy_version": None}, "it runs no NIJA strategy"),
    ({"stake_currency": "EUR"}, "its stake_currency is EUR, not USD"),
    ({"dry_run": False}, "it trades real money, and the leader is a dry run"),
    ({"force_entry_enable": False}, '"force_entry_enable" is not true'),
    ({"strategy_version": LEADS}, '"mode" is MASTER_ONLY, not MASTER_FOLLOW'),
    ({"state": "stopped"}, "it is stopped: start it"),
]


@pytest.mark.parametrize(("changes", "why"), UNFIT)
def test_who_may_not_follow_enters_nothing_and_still_leaves(
    room: Room, changes: dict[str, Any], why: str
) -> None:
    room.follows.facts |= changes
    room.follows.trades = {1: a_trade(1, a_copy(1).tag)}
    room.leads.trades = {1: a_trade(1, is_open=False), 2: a_trade(2)}
    room.step(3)
    (problem,) = room.told("problem")
    assert problem.startswith("No entries: ") and why in problem
    assert room.follows.entries == 0
    assert room.follows.exits == [1]


def test_a_wrong_password_is_told_without_it(room: Room) -> None:
    room.leads.trades = {7: a_trade(7)}
    room.step(2, password="guess")
    (problem,) = room.told("problem")
    assert "refuses the username or the password" in problem
    assert "guess" not in problem and SECRET not in problem


def test_a_trade_whose_tier_does_not_copy(room: Room) -> None:
    room.leads.trades = {7: a_trade(7)}
    for word, why in (
        ({"copied": False, "tier": "GROWTH"}, "tier GROWTH did not allow it when it filled"),
        (None, "did not say that it may be copied"),
        ("yes", "did not say that it may be copied"),
    ):
        room.leads.notes["nija_copying"] = word

        async def run(leader: Leader, follower: Follower, why: str = why) -> None:
            await leader.look()
            await follower.step()
            (led,) = (leader.trades or {}).values()
            assert led.copy is None and why in str(led.why_not)

        room.copying(run)
    assert room.follows.entries == 0


@pytest.mark.parametrize("plan", [{"stop": 0.04, "trail": 0.06, "target": None}, {"stop": 1.5}, 3])
def test_a_plan_that_cannot_be_read_is_not_copied(room: Room, plan: Any) -> None:
    room.leads.trades = {7: a_trade(7)}
    room.leads.notes["nija_plan"] = plan
    room.step(2)
    assert room.follows.entries == 0


def test_a_follower_that_hangs_delays_nobody(room: Room) -> None:
    room.leads.trades = {7: a_trade(7)}

    async def run(leader: Leader, follower: Follower) -> None:
        with serving(FakeBot(facts_of(FOLLOWS), silent=True)) as hung:
            endpoint = hung.endpoint("ben")
            bot = Bot(endpoint, lambda: NOW)
            bot._compare_clocks = lambda answer: None  # type: ignore[method-assign]
            other = Follower(endpoint, bot, leader, lambda: NOW, room.events.append)
            await leader.look()
            tasks = [asyncio.create_task(one.run()) for one in (other, follower)]
            while not (hung.entries and room.told("copied")):
                await asyncio.sleep(0.01)
            assert not hung.trades
            for task in tasks:
                task.cancel()
            hung.silent = False
            await asyncio.gather(*tasks, return_exceptions=True)
            await bot.close()

    room.copying(run)
    assert len(room.follows.trades) == 1
    assert key_of(room.follows.trades[1]["enter_tag"]) == a_copy(7).key
