"""State files that are empty, damaged, or written by a newer NIJA."""

import json
from pathlib import Path

import pytest

from nija_plugins.scaling.state import (
    DamagedStateError,
    FutureStateError,
    ScalingState,
    parse_state,
)
from nija_plugins.scaling.store import StateFileError
from tests.state_files import Start, stored, warned


@pytest.mark.parametrize("content", [b"", b"  \n"])
def test_an_empty_file_is_a_fresh_start(
    start: Start, state_file: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    state_file.parent.mkdir()
    state_file.write_bytes(content)
    assert start().check_and_scale(100) == (True, None, "STARTER")
    assert warned(caplog) == []
    assert not list(state_file.parent.glob("*damaged*"))


GOOD = {"schema_version": 1, "current_tier": "GROWTH", "last_equity": 300.0}


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b'{"schema_version": 1, "current_tier": "GRO',
        b"\xff\xfe\x00",
        b"null",
        b"[]",
        b"[" * 100_000,
        b'{"current_tier": 5}',
        json.dumps(GOOD | {"schema_version": 0}).encode(),
        json.dumps(GOOD | {"schema_version": "1"}).encode(),
        json.dumps(GOOD | {"current_tier": 3}).encode(),
        json.dumps(GOOD | {"last_equity": "300"}).encode(),
        json.dumps(GOOD | {"last_equity": float("nan")}).encode(),
        json.dumps(GOOD | {"last_equity": -1}).encode(),
        json.dumps(GOOD | {"last_upgrade": "yesterday"}).encode(),
        json.dumps(GOOD | {"last_upgrade": "2026-11-22T13:07:00"}).encode(),
        json.dumps(GOOD | {"upgrade_history": {}}).encode(),
        json.dumps(GOOD | {"upgrade_history": [{"from_tier": None}]}).encode(),
    ],
    ids=lambda c: repr(c[-24:]),
)
def test_a_damaged_file_is_set_aside(
    start: Start, state_file: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    state_file.parent.mkdir()
    state_file.write_bytes(content)
    engine = start()
    aside = state_file.with_name(".auto_scaling_state.json.damaged-20261122T130700Z")
    assert aside.read_bytes() == content
    assert not state_file.exists()
    (warning,) = warned(caplog)
    assert "damaged" in warning
    assert aside.name in warning
    assert "\n" not in warning
    assert engine.check_and_scale(100) == (True, None, "STARTER")
    assert stored(state_file)["current_tier"] == "STARTER"


def test_two_damaged_files_in_one_second_are_both_kept(start: Start, state_file: Path) -> None:
    state_file.parent.mkdir()
    for content in (b"first", b"second"):
        state_file.write_bytes(content)
        start()
    kept = {f.name: f.read_bytes() for f in state_file.parent.glob("*.damaged-*")}
    assert kept == {
        ".auto_scaling_state.json.damaged-20261122T130700Z": b"first",
        ".auto_scaling_state.json.damaged-20261122T130700Z-2": b"second",
    }


def test_a_file_damaged_while_running_is_set_aside_too(start: Start, state_file: Path) -> None:
    engine = start()
    engine.check_and_scale(300)
    state_file.write_bytes(b"oops")
    engine.check_and_scale(300)
    assert engine.state_manager.get_current_tier() == "GROWTH"
    assert stored(state_file)["current_tier"] == "GROWTH"
    assert len(list(state_file.parent.glob("*.damaged-*"))) == 1


def test_a_future_file_is_refused_and_left_alone(start: Start, state_file: Path) -> None:
    state_file.parent.mkdir()
    content = b'{"schema_version": 2, "tiers": "something new"}'
    state_file.write_bytes(content)
    with pytest.raises(StateFileError, match=r"newer NIJA.*schema version is 2") as caught:
        start()
    assert str(state_file) in str(caught.value)
    assert state_file.read_bytes() == content


def test_a_future_file_that_appears_while_running_is_left_alone(
    start: Start, state_file: Path
) -> None:
    engine = start()
    engine.check_and_scale(300)
    content = b'{"schema_version": 7}'
    state_file.write_bytes(content)
    with pytest.raises(StateFileError):
        engine.check_and_scale(1000)
    assert state_file.read_bytes() == content
    assert engine.state_manager.get_current_tier() == "GROWTH"


def test_unknown_extra_keys_are_no_damage() -> None:
    assert parse_state(json.dumps(GOOD | {"note": "mine"}).encode()).current_tier == "GROWTH"


def test_what_is_written_is_read_back() -> None:
    state = ScalingState.model_validate(GOOD)
    assert parse_state(state.to_json()) == state
    with pytest.raises(FutureStateError):
        parse_state(b'{"schema_version": 99}')
    with pytest.raises(DamagedStateError, match="no JSON"):
        parse_state(b"x")
