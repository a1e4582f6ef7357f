"""`nija copy` between real freqtrade processes."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from nija_plugins.copying.copier import Copier, CopyingEnds
from nija_plugins.copying.report import Event
from nija_plugins.copying.setup import load
from tests.integration.copying_world import PAIRS, PASSWORD, TOKEN, World, a_world, until

FOLLOWS = {"mode": "MASTER_FOLLOW"}
SECRETS = {"BOTS_PASSWORD": PASSWORD, "BOTS_TOKEN": TOKEN, "WRONG": "something else"}


def checked(world: World, **changes: dict[str, Any]) -> tuple[bool, list[str]]:
    """What `nija copy --check` would find and tell."""
    events: list[Event] = []
    setup = load(world.write_setup(**changes), SECRETS)
    copier = Copier(setup, lambda: datetime.now(UTC), events.append)
    good = asyncio.run(copier.check())
    return good, [f"{one.who}: {one.sentence}" for one in events]


def test_a_leader_and_two_followers(tmp_path: Path) -> None:
    with a_world(tmp_path, ["anna", "ben"]) as world:
        anna, ben = world.followers
        world.leader.start(600, {})
        anna.start(600, FOLLOWS)
        ben.start(60, FOLLOWS)
        for one in (world.leader, anna, ben):
            one.ready()

        # What a person may have got wrong, as the real bots answer it.
        with pytest.raises(CopyingEnds, match="refuses the ws_token in WRONG"):
            checked(world, main={"ws_token_env": "WRONG"})
        with pytest.raises(CopyingEnds, match=r"main at .* refuses the .* password.*WRONG"):
            checked(world, main={"password_env": "WRONG"})
        good, told = checked(world, ben={"password_env": "WRONG"})
        assert not good
        assert any("ben: No entries: ben at" in one and "password" in one for one in told)
        assert "anna: Follows with 100% of its stake; ADVANCED, a dry run, holds 0 copies." in told
        assert "main: Tier ADVANCED: its trades are copied." in told

        world.write_setup(ben={"share": 0.9, "pairs": ["BTC/USD"]})
        world.start_copier()
        first = world.round_trip("BTC/USD")
        assert anna.copies() == ben.copies() == [first]
        (trade,) = anna.closed_trades()
        (mine,) = world.leader.closed_trades()
        assert trade["initial_stop_loss_abs"] == mine["initial_stop_loss_abs"]
        assert trade["exit_reason"] == "force_exit"

        # An entry and an exit while nobody listens. Ben is gone, and takes no ETH anyway.
        ben.kill()
        world.leader.wire.cut()
        second = world.leader.enter("ETH/USD")
        world.leader.wire.mend()
        world.wait_copied(second, [anna])
        world.leader.wire.cut()
        world.leader.leave(second.trade)
        world.leader.wire.mend()
        world.wait_left(second, [anna])
        until(lambda: len(world.events("left", "anna")) == 2, world.told())

        assert world.end_copier() == 0
        sums = {one["who"]: one for one in world.events("sum")}
        assert (sums["anna"]["copied"], sums["ben"]["copied"]) == (2, 1)
        assert len(anna.copies()) == 2
        assert PASSWORD not in world.told() and TOKEN not in world.told()


@pytest.mark.slow
def test_fifty_round_trips_with_everything_that_can_break(tmp_path: Path) -> None:
    """Each trade of the leader is copied once by each of three followers, and left by each."""
    with a_world(tmp_path, ["anna", "ben", "carla"]) as world:
        anna, ben, carla = world.followers
        world.leader.start(600, {})
        wallets = {"anna": 600.0, "ben": 60.0, "carla": 300.0}
        for one in world.followers:
            one.start(wallets[one.name], FOLLOWS)
        for one in (world.leader, *world.followers):
            one.ready()
        world.write_setup(carla={"share": 0.5})
        world.start_copier()
        keys = []
        for number in range(50):
            pair = PAIRS[number % 2]
            match number:
                case 5 | 35:  # the entry happens unheard
                    world.leader.wire.cut()
                    key = world.leader.enter(pair)
                    world.leader.wire.mend()
                    world.wait_copied(key)
                    world.leader.leave(key.trade)
                case 10:  # a follower dies with its copy, and the leader leaves
                    key = world.leader.enter(pair)
                    world.wait_copied(key)
                    ben.kill()
                    world.leader.leave(key.trade)
                    world.wait_left(key, [anna, carla])
                    ben.start(wallets["ben"], FOLLOWS)
                    ben.ready()
                case 15 | 40:  # the exit happens unheard
                    key = world.leader.enter(pair)
                    world.wait_copied(key)
                    world.leader.wire.cut()
                    world.leader.leave(key.trade)
                    world.leader.wire.mend()
                case 20:  # the leader dies, and its followers hold on
                    key = world.leader.enter(pair)
                    world.wait_copied(key)
                    world.leader.kill()
                    until(lambda: len(world.events("problem", "main")) > 0, world.told())
                    assert all(one.holds(key) for one in world.followers)
                    world.leader.start(600, {})
                    world.leader.ready()
                    world.leader.leave(key.trade)
                case 25 | 45:  # the copier dies, twice within one trade
                    key = world.leader.enter(pair)
                    world.kill_copier()
                    world.start_copier()
                    world.wait_copied(key)
                    world.kill_copier()
                    world.leader.leave(key.trade)
                    world.start_copier()
                case 30:  # a follower cannot be reached; nobody waits for it
                    carla.wire.cut()
                    key = world.leader.enter(pair)
                    world.wait_copied(key, [anna, ben])
                    assert not carla.holds(key)
                    carla.wire.mend()
                    world.wait_copied(key)
                    world.leader.leave(key.trade)
                case _:
                    key = world.leader.enter(pair)
                    world.wait_copied(key)
                    world.leader.leave(key.trade)
            world.wait_left(key)
            keys.append(key)

        assert len(set(keys)) == 50
        for one in world.followers:
            assert sorted(one.copies(), key=str) == sorted(keys, key=str), one.name
            assert not one.open_trades()

        # Below ADVANCED nothing more is copied.
        world.leader.kill()
        world.leader.start(440, {})
        world.leader.ready()
        until(lambda: "tier GROWTH" in world.leader.facts()["strategy_version"], world.leader.log)
        key = world.leader.enter("BTC/USD")
        told = until(
            lambda: [one for one in world.events("leader") if one["trade"] == str(key)], ""
        )
        assert "GROWTH did not allow it" in told[0]["sentence"]
        assert "ADVANCED, from $500" in told[0]["sentence"]
        world.leader.leave(key.trade)
        assert all(len(one.copies()) == 50 for one in world.followers)

        assert world.end_copier() == 0
        print(world.told())  # noqa: T201
