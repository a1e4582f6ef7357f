"""What the state file holds, when it is written, and what a restart makes of it."""

import logging
from pathlib import Path

import pytest

from nija_plugins.scaling import AutoScalingEngine
from tests.state_files import Clock, Start, stored


def test_the_file_says_everything(start: Start, state_file: Path, clock: Clock) -> None:
    engine = start("coinbase live")
    engine.check_and_scale(300)
    clock.advance(hours=1)
    engine.check_and_scale(20)
    assert stored(state_file) == {
        "schema_version": 1,
        "account": "coinbase live",
        "current_tier": "STARTER",
        "last_equity": 20.0,
        "last_upgrade": "2026-11-22T13:07:00Z",
        "upgrade_history": [
            {
                "from_tier": None,
                "to_tier": "GROWTH",
                "equity": 300.0,
                "timestamp": "2026-11-22T13:07:00Z",
                "direction": "upgrade",
                "account": "coinbase live",
            },
            {
                "from_tier": "GROWTH",
                "to_tier": "STARTER",
                "equity": 20.0,
                "timestamp": "2026-11-22T14:07:00Z",
                "direction": "downgrade",
                "account": "coinbase live",
            },
        ],
    }


def test_nothing_is_written_before_an_equity_is_seen(start: Start, state_file: Path) -> None:
    start()
    assert not state_file.parent.exists()


def test_memory_only_touches_no_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    AutoScalingEngine(None).check_and_scale(500)
    assert list(tmp_path.iterdir()) == []


def test_restart_restores_and_announces_nothing(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    start().check_and_scale(500)
    with caplog.at_level(logging.DEBUG, "nija_plugins"):
        engine = start()
        assert engine.state_manager.get_current_tier() == "ADVANCED"
        assert engine.current_equity == 500
        assert len(engine.state_manager.get_upgrade_history()) == 1
        # the buffer survives the restart as well
        assert engine.check_and_scale(480) == (False, "ADVANCED", "ADVANCED")
    assert caplog.records == []


def test_a_string_is_a_path(state_file: Path) -> None:
    AutoScalingEngine(str(state_file)).check_and_scale(15)
    assert stored(state_file)["current_tier"] == "STARTER"


def test_an_unchanged_tier_is_saved_at_most_once_a_minute(
    start: Start, state_file: Path, clock: Clock
) -> None:
    engine = start()
    engine.check_and_scale(100)
    clock.advance(seconds=5)
    engine.check_and_scale(101)
    assert stored(state_file)["last_equity"] == 100
    assert engine.current_equity == 101
    clock.advance(seconds=55)
    engine.check_and_scale(102)
    assert stored(state_file)["last_equity"] == 102
    written = state_file.stat().st_mtime_ns
    clock.advance(minutes=5)
    engine.check_and_scale(102)
    assert state_file.stat().st_mtime_ns == written
