"""The state file and the account's memory."""

import errno
import json
import os
from pathlib import Path

import pytest

from nija_plugins.account import Benchmarks
from nija_plugins.doctor import (
    Level,
    account_memory,
)
from nija_plugins.memory import AccountStore, Memory
from nija_plugins.memory.store import MEMORY_FILE, account_name
from tests.unit.doctor.looking import CONFIG, NOW, Look, only

GOOD = {
    "schema_version": 1,
    "account": "dry_run USD",
    "current_tier": "GROWTH",
    "last_equity": 300.0,
}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "user_data" / ".auto_scaling_state.json"


@pytest.mark.parametrize(
    ("content", "level", "text"),
    [
        (b"", Level.OK, "no tier"),
        (json.dumps(GOOD).encode(), Level.OK, "GROWTH at $300.00"),
        (json.dumps(GOOD | {"account": None}).encode(), Level.OK, "GROWTH"),
        (json.dumps(GOOD | {"account": "live USD"}).encode(), Level.WARNING, "live USD"),
        (b"{oops", Level.WARNING, "sets it aside"),
        (b'{"schema_version": 2}', Level.FAILED, "will not start. Update NIJA"),
    ],
)
def test_the_state_files_content(
    look: Look, state: Path, content: bytes, level: Level, text: str
) -> None:
    state.write_bytes(content)
    before = sorted(state.parent.iterdir())
    assert text in only(look("state file"), level)
    assert state.read_bytes() == content  # looked at, not touched
    assert sorted(state.parent.iterdir()) == before


def test_no_state_file_yet(look: Look, state: Path) -> None:
    assert "none yet" in only(look("state file"), Level.OK)
    assert list(state.parent.iterdir()) == []
    state.parent.rmdir()
    assert "does not exist" in look("state file")[0].text
    assert look("state file")[0].level is Level.FAILED


def test_something_else_in_its_place(look: Look, state: Path) -> None:
    state.mkdir()
    assert "is a directory" in only(look("state file"), Level.FAILED)
    state.rmdir()
    os.mkfifo(state)
    assert "no ordinary file" in only(look("state file"), Level.FAILED)
    state.unlink()
    for suffix in (".lock", ".tmp"):
        beside = state.with_name(state.name + suffix)
        beside.mkdir()
        assert beside.name in only(look("state file"), Level.FAILED)
        beside.rmdir()


def test_a_state_file_out_of_reach(
    look: Look, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.write_text(json.dumps(GOOD))
    with monkeypatch.context() as denied:
        denied.setattr(os, "access", lambda *_: False)
        assert "cannot be written" in only(look("state file"), Level.FAILED)

    def refuse(_path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    text = only(look("state file"), Level.FAILED)
    assert "Permission denied" in text
    assert "chmod" in text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_a_state_file_that_really_is_out_of_reach(look: Look, state: Path) -> None:
    state.write_text(json.dumps(GOOD))
    state.chmod(0)
    assert "cannot be read" in only(look("state file"), Level.FAILED)
    state.parent.chmod(0o500)
    try:
        assert any("cannot be written" in f.text for f in look("state file"))
    finally:
        state.parent.chmod(0o700)


# the account's memory


@pytest.fixture
def memory(look: Look, tmp_path: Path) -> AccountStore:
    return AccountStore(tmp_path / "user_data" / MEMORY_FILE, account_name(CONFIG))


def test_a_memory(look: Look, memory: AccountStore) -> None:
    assert "none yet" in only(look("memory"), Level.OK)
    assert not memory.path.exists()
    memory.save(Memory(benchmarks=Benchmarks(NOW.date(), 99.0, 104.5)))
    text = only(look("memory"), Level.OK)
    assert "peak $104.50, opening of 2026-11-22 $99.00 (coinbase dry_run" in text
    assert "nothing yet of kraken" in only(look("memory", {"exchange.name": "kraken"}), Level.OK)


def test_a_memory_that_cannot_be_used(look: Look, memory: AccountStore) -> None:
    memory.path.write_bytes(b"no database, but long enough to be taken for one" * 9)
    text = only(look("memory"), Level.FAILED)
    assert "not a database" in text and "No entry is made without it. Put a good copy back" in text
    memory.path.unlink()
    memory.path.mkdir()
    assert "a directory stands in its place" in only(look("memory"), Level.FAILED)


def test_a_memory_out_of_reach(
    look: Look, memory: AccountStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.save(Memory())
    monkeypatch.setattr(account_memory.os, "access", lambda *_: False)
    assert "chmod u+rw" in only(look("memory"), Level.FAILED)
