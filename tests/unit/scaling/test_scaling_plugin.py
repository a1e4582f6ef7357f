from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pluggy
import pytest

from nija_plugins import hookspecs
from nija_plugins.account import Account, Benchmarks
from nija_plugins.scaling import AutoScalingEngine, ScalingTier
from nija_plugins.scaling.limits import NOTHING, Limits
from nija_plugins.scaling.plugin import ScalingPlugin
from nija_plugins.scaling.tiers import EquityError
from nija_plugins.settings import Settings

START = datetime(2024, 3, 1, tzinfo=UTC)
SETTINGS = Settings.model_validate({})

Heard = list[tuple[str | None, str | None, float]]


def account(equity: float, hours: int = 0) -> Account:
    time = START + timedelta(hours=hours)
    return Account(
        time=time,
        exchange="coinbase",
        cash=equity,
        free_cash=equity,
        positions=(),
        benchmarks=Benchmarks.begin(time, equity),
        tier=None,
        limits=NOTHING,
    )


@pytest.fixture
def heard() -> Heard:
    return []


@pytest.fixture
def plugin(heard: Heard) -> ScalingPlugin:
    return listening(AutoScalingEngine(), heard)


def listening(engine: AutoScalingEngine, heard: Heard) -> ScalingPlugin:
    def on_change(old: ScalingTier | None, new: ScalingTier | None, moved: Account) -> None:
        heard.append((old and old.name, new and new.name, moved.equity))

    return ScalingPlugin(engine, SETTINGS, on_change)


def test_it_fits_the_hooks(plugin: ScalingPlugin) -> None:
    manager = pluggy.PluginManager("nija")
    manager.add_hookspecs(hookspecs)
    manager.register(plugin)
    manager.check_pending()
    manager.hook.nija_run_started(settings=SETTINGS)
    manager.hook.nija_equity(account=account(300))
    assert plugin.tier and plugin.tier.name == "GROWTH"


def test_tier_limits_and_changes_follow_the_equity(plugin: ScalingPlugin, heard: Heard) -> None:
    assert (plugin.tier, plugin.limits) == (None, NOTHING)
    for hour, equity in enumerate((100, 120, 300, 290, 20)):
        plugin.nija_equity(account(equity, hour))
    assert plugin.limits == Limits(2, 3, False, False)
    assert plugin.changes == [
        {
            "time": "2024-03-01T00:00:00+00:00",
            "from_tier": None,
            "to_tier": "STARTER",
            "equity": 100,
        },
        {
            "time": "2024-03-01T02:00:00+00:00",
            "from_tier": "STARTER",
            "to_tier": "GROWTH",
            "equity": 300,
        },
        {
            "time": "2024-03-01T04:00:00+00:00",
            "from_tier": "GROWTH",
            "to_tier": "STARTER",
            "equity": 20,
        },
    ]
    assert heard == [(None, "STARTER", 100), ("STARTER", "GROWTH", 300), ("GROWTH", "STARTER", 20)]
    rows = plugin.engine.state_manager.get_upgrade_history()
    assert [r["timestamp"][:13] for r in rows] == [
        "2024-03-01T00",
        "2024-03-01T02",
        "2024-03-01T04",
    ]


def test_caps_of_the_user_are_in_the_limits() -> None:
    plugin = ScalingPlugin(AutoScalingEngine(), Settings.model_validate({"max_positions": 1}))
    plugin.nija_equity(account(1000))
    assert plugin.limits == Limits(1, 5, True, True)


def test_an_account_with_a_problem_moves_nothing(plugin: ScalingPlugin, heard: Heard) -> None:
    plugin.nija_equity(replace(account(1000), problem="The balance is stale."))
    assert plugin.tier is None
    assert heard == []


def test_nonsense_raises_and_moves_nothing(plugin: ScalingPlugin, heard: Heard) -> None:
    plugin.nija_equity(account(300))
    with pytest.raises(EquityError):
        plugin.nija_equity(account(float("nan")))
    assert plugin.tier and plugin.tier.name == "GROWTH"
    assert len(heard) == 1


def test_a_new_run_in_memory_starts_from_nothing(plugin: ScalingPlugin, heard: Heard) -> None:
    def run() -> list[tuple[str | None, str | None, float]]:
        heard.clear()
        plugin.nija_run_started(SETTINGS)
        for hour, equity in enumerate((245, 251, 245, 600)):
            plugin.nija_equity(account(equity, hour))
        return list(heard)

    assert run() == run()
    assert len(plugin.changes) == 3


def test_a_new_run_on_a_file_keeps_its_tier(state_file: Path, heard: Heard) -> None:
    plugin = listening(AutoScalingEngine(state_file), heard)
    plugin.nija_equity(account(300))
    heard.clear()
    again = listening(AutoScalingEngine(state_file), heard)
    again.nija_run_started(SETTINGS)
    assert again.tier and again.tier.name == "GROWTH"
    again.nija_equity(account(245))
    assert heard == []
    assert again.changes == []


def test_a_change_made_by_another_process_is_heard_of(state_file: Path, heard: Heard) -> None:
    plugin = listening(AutoScalingEngine(state_file), heard)
    plugin.nija_equity(account(300))
    AutoScalingEngine(state_file).check_and_scale(500)
    plugin.nija_equity(account(490))
    assert heard[-1] == ("GROWTH", "ADVANCED", 490)
