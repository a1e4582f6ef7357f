import json
import logging
import pickle
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from math import inf, nan
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nija_plugins.scaling import SCALING_TIERS, AutoScalingEngine, ScalingTier
from nija_plugins.scaling.tiers import EquityError, tier_named

LOGGER = "nija_plugins.scaling.engine"

# equity → (scaled, old, new), one account through every crossing
PATH: list[tuple[float, bool, str | None, str | None]] = [
    (14.99, False, None, None),
    (15, True, None, "STARTER"),
    (14.99, False, "STARTER", "STARTER"),
    (14.25, False, "STARTER", "STARTER"),
    (14.24, True, "STARTER", None),
    (14.99, False, None, None),
    (249.99, True, None, "STARTER"),
    (250, True, "STARTER", "GROWTH"),
    (249.99, False, "GROWTH", "GROWTH"),
    (237.5, False, "GROWTH", "GROWTH"),
    (237.49, True, "GROWTH", "STARTER"),
    (249.99, False, "STARTER", "STARTER"),
    (499.99, True, "STARTER", "GROWTH"),
    (500, True, "GROWTH", "ADVANCED"),
    (475, False, "ADVANCED", "ADVANCED"),
    (474.99, True, "ADVANCED", "GROWTH"),
    (999.99, True, "GROWTH", "ADVANCED"),
    (1000, True, "ADVANCED", "ELITE"),
    (5000, False, "ELITE", "ELITE"),
    (950, False, "ELITE", "ELITE"),
    (949.99, True, "ELITE", "ADVANCED"),
    (1000, True, "ADVANCED", "ELITE"),
    (100, True, "ELITE", "STARTER"),
    (1000, True, "STARTER", "ELITE"),
    (0, True, "ELITE", None),
]


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.name == LOGGER]


def test_every_crossing_up_and_down() -> None:
    engine = AutoScalingEngine()
    for equity, scaled, old, new in PATH:
        assert engine.check_and_scale(equity) == (scaled, old, new), equity
        assert engine.current_tier == tier_named(new)
        assert engine.state_manager.get_current_tier() == new
    history = engine.state_manager.get_upgrade_history()
    expected = [(equity, old, new) for equity, scaled, old, new in PATH if scaled]
    assert [(r["equity"], r["from_tier"], r["to_tier"]) for r in history] == expected


def test_a_trembling_balance_makes_one_event() -> None:
    engine = AutoScalingEngine()
    engine.check_and_scale(200)
    events = [engine.check_and_scale(250 + (-1) ** tick)[0] for tick in range(1000)]
    assert sum(events) == 1


@given(
    st.lists(st.floats(0, 3000) | st.sampled_from([p[0] for p in PATH]), max_size=30),
    st.sampled_from([0.0, 5.0, 20.0]),
)
def test_any_path_keeps_the_buffer_rule_and_replays(equities: list[float], buffer: float) -> None:
    engine = AutoScalingEngine(downgrade_buffer=buffer)
    changes = 0
    for equity in equities:
        before = engine.current_tier
        scaled, old, new = engine.check_and_scale(equity)
        tier = engine.current_tier
        assert (old, new) == (before and before.name, tier and tier.name)
        assert scaled == (old != new)
        changes += scaled
        reached = [t for t in SCALING_TIERS if t.min_equity <= equity]
        if reached:
            assert tier and tier.min_equity >= reached[-1].min_equity
        if tier and tier not in reached:  # only kept by its buffer, never entered by it
            assert tier == before
            assert equity >= tier.min_equity * (100 - buffer) / 100
    rows = engine.state_manager.get_upgrade_history()
    assert len(rows) == changes
    assert all(a["to_tier"] == b["from_tier"] for a, b in pairwise(rows))
    if rows:
        assert rows[0]["from_tier"] is None
        assert rows[-1]["to_tier"] == engine.state_manager.get_current_tier()
    for row in rows:
        low = [tier_named(name) for name in (row["from_tier"], row["to_tier"])]
        rises = (low[1].min_equity if low[1] else -1) > (low[0].min_equity if low[0] else -1)
        assert row["direction"] == ("upgrade" if rises else "downgrade")


def test_an_upgrade_is_announced_line_by_line(caplog: pytest.LogCaptureFixture) -> None:
    engine = AutoScalingEngine()
    engine.check_and_scale(499)
    caplog.clear()
    with caplog.at_level(logging.INFO, LOGGER):
        engine.check_and_scale(500)
    assert messages(caplog) == [
        "AUTO-SCALING UPGRADE: $500.00 → ADVANCED tier",
        "Max Positions: 4",
        "Risk Per Trade: 4.0%",
        "Copy Trading: True",
        "Leverage: False",
    ]
    assert {r.levelname for r in caplog.records} == {"INFO"}


def test_a_downgrade_is_called_one(caplog: pytest.LogCaptureFixture) -> None:
    engine = AutoScalingEngine()
    engine.check_and_scale(1000)
    caplog.clear()
    with caplog.at_level(logging.INFO, LOGGER):
        engine.check_and_scale(300)
        engine.check_and_scale(14)
    assert messages(caplog) == [
        "AUTO-SCALING DOWNGRADE: $300.00 → GROWTH tier",
        "Max Positions: 3",
        "Risk Per Trade: 4.0%",
        "Copy Trading: False",
        "Leverage: False",
        "AUTO-SCALING DOWNGRADE: $14.00 → no tier",
        "No new entries below $15.00; open positions stay managed.",
        "Max Positions: 0",
        "Risk Per Trade: 0.0%",
        "Copy Trading: False",
        "Leverage: False",
    ]


def test_the_first_activation_is_an_upgrade(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, LOGGER):
        assert AutoScalingEngine().check_and_scale(15) == (True, None, "STARTER")
    assert messages(caplog)[0] == "AUTO-SCALING UPGRADE: $15.00 → STARTER tier"


def test_force_repeats_the_announcement_without_a_row(caplog: pytest.LogCaptureFixture) -> None:
    engine = AutoScalingEngine()
    engine.check_and_scale(500)
    caplog.clear()
    with caplog.at_level(logging.INFO, LOGGER):
        assert engine.check_and_scale(750, force=True) == (True, "ADVANCED", "ADVANCED")
    assert messages(caplog)[0] == "AUTO-SCALING UPGRADE: $750.00 → ADVANCED tier"
    assert len(engine.state_manager.get_upgrade_history()) == 1
    assert engine.current_equity == 750


def test_force_ignores_the_buffer() -> None:
    engine = AutoScalingEngine()
    engine.check_and_scale(250)
    assert engine.check_and_scale(249.99) == (False, "GROWTH", "GROWTH")
    assert engine.check_and_scale(249.99, force=True) == (True, "GROWTH", "STARTER")
    assert len(engine.state_manager.get_upgrade_history()) == 2
    assert engine.check_and_scale(10, force=True) == (True, "STARTER", None)
    assert engine.check_and_scale(10, force=True) == (True, None, None)


@pytest.mark.parametrize("bad", [nan, inf, -inf, -1, None, "500", True, Decimal("NaN")])
@pytest.mark.parametrize("force", [False, True])
def test_bad_equity_changes_nothing(state_file: Path, bad: object, force: bool) -> None:
    engine = AutoScalingEngine(state_file)
    engine.check_and_scale(300)
    before = state_file.read_bytes()
    with pytest.raises(EquityError):
        engine.check_and_scale(bad, force=force)
    assert engine.state_manager.get_current_tier() == "GROWTH"
    assert engine.current_equity == 300
    assert state_file.read_bytes() == before


@pytest.mark.parametrize("good", [500, 500.0, Decimal("500.00")])
def test_good_equity_of_every_type(good: object) -> None:
    assert AutoScalingEngine().check_and_scale(good) == (True, None, "ADVANCED")


def test_an_appended_tier_is_reached_and_left() -> None:
    engine = AutoScalingEngine()
    engine.check_and_scale(2500)
    assert engine.get_progress_to_next_tier() is None
    SCALING_TIERS.append(ScalingTier("WHALE", 2000, inf, 8, 5.0, True, True, "custom"))
    assert engine.check_and_scale(2500) == (True, "ELITE", "WHALE")
    assert engine.check_and_scale(1900) == (False, "WHALE", "WHALE")
    assert engine.check_and_scale(1899) == (True, "WHALE", "ELITE")


def test_a_tier_that_left_the_table_is_derived_again(caplog: pytest.LogCaptureFixture) -> None:
    SCALING_TIERS.append(ScalingTier("WHALE", 2000, inf, 8, 5.0, True, True, "custom"))
    engine = AutoScalingEngine()
    engine.check_and_scale(2500)
    SCALING_TIERS.pop()
    assert engine.current_tier == tier_named("ELITE")
    caplog.clear()
    with caplog.at_level(logging.INFO, LOGGER):
        assert engine.check_and_scale(2400) == (False, "ELITE", "ELITE")
    assert messages(caplog) == [
        "Tier WHALE is no longer in SCALING_TIERS: the account stands in ELITE tier."
    ]
    assert engine.state_manager.get_current_tier() == "ELITE"
    row = engine.state_manager.get_upgrade_history()[-1]
    assert (row["from_tier"], row["to_tier"], row["direction"]) == ("WHALE", "ELITE", "renamed")


def test_a_bad_table_changes_nothing() -> None:
    engine = AutoScalingEngine()
    engine.check_and_scale(300)
    SCALING_TIERS.append(ScalingTier("BROKEN", 2000, inf, 0, 5.0))
    with pytest.raises(ValueError, match="BROKEN"):
        engine.check_and_scale(500)
    assert engine.state_manager.get_current_tier() == "GROWTH"
    assert engine.current_equity == 300


def test_progress() -> None:
    engine = AutoScalingEngine()
    assert engine.get_progress_to_next_tier() is None
    assert engine.get_next_tier() == tier_named("STARTER")
    engine.check_and_scale(750)
    progress = engine.get_progress_to_next_tier()
    assert progress == {
        "current_equity": 750,
        "next_tier": {
            "name": "ELITE",
            "min_equity": 1000,
            "max_positions": 6,
            "risk_per_trade": 5,
            "copy_trading": True,
            "leverage_enabled": True,
            "description": "Six positions, leverage unlocked",
        },
        "equity_needed": 250,
        "progress_pct": 75,
    }
    json.dumps(progress, allow_nan=False)
    engine.check_and_scale(1000)
    assert engine.get_progress_to_next_tier() is None
    assert engine.get_next_tier() is None


def test_progress_without_a_tier_and_within_the_buffer() -> None:
    engine = AutoScalingEngine()
    engine.check_and_scale(7.5)
    progress = engine.get_progress_to_next_tier()
    assert progress and (progress["next_tier"]["name"], progress["progress_pct"]) == ("STARTER", 50)
    engine.check_and_scale(500)
    engine.check_and_scale(480)
    progress = engine.get_progress_to_next_tier()
    assert progress and (progress["next_tier"]["name"], progress["progress_pct"]) == ("ELITE", 48)


def test_the_time_of_a_change_is_the_one_given() -> None:
    engine = AutoScalingEngine(clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    engine.check_and_scale(100, now=datetime(2021, 5, 1, 12, tzinfo=UTC))
    engine.check_and_scale(300)
    stamps = [r["timestamp"] for r in engine.state_manager.get_upgrade_history()]
    assert stamps == ["2021-05-01T12:00:00Z", "2026-01-01T00:00:00Z"]


@pytest.mark.parametrize("buffer", [-1, 100, nan, inf])
def test_an_impossible_buffer_is_refused(buffer: float) -> None:
    with pytest.raises(ValueError, match="downgrade_buffer"):
        AutoScalingEngine(downgrade_buffer=buffer)


def test_history_is_bounded() -> None:
    engine = AutoScalingEngine(downgrade_buffer=0)
    for tick in range(501):
        engine.check_and_scale(250 - tick % 2)
    rows = engine.state_manager.get_upgrade_history()
    assert len(rows) == 200
    assert rows[-1]["to_tier"] == "GROWTH"


def test_a_memory_engine_forgets_on_restart_and_travels_to_worker_processes() -> None:
    engine = AutoScalingEngine()
    engine.check_and_scale(500)
    twin = pickle.loads(pickle.dumps(engine))
    assert twin.state_manager.get_current_tier() == "ADVANCED"
    engine.restart()
    assert engine.current_tier is None
    assert engine.current_equity is None
    assert engine.state_manager.get_upgrade_history() == []
