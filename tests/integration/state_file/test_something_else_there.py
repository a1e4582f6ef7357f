"""Something else in the place of the state file: it stays, and what that means for the bot."""

import json
from pathlib import Path

import pluggy
import pytest

from nija_plugins import hookspecs
from nija_plugins.guard import Hooks
from nija_plugins.scaling import AutoScalingEngine
from nija_plugins.scaling.plugin import ScalingPlugin
from nija_plugins.scaling.store import StateFileError
from nija_plugins.settings import Settings
from tests.conftest import an_account
from tests.integration.state_file.processes import one_line
from tests.state_files import Clock, warned


def test_a_directory_in_its_place(
    state_file: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    state_file.mkdir(parents=True)
    (state_file / "precious").write_text("somebody's")
    engine = AutoScalingEngine(state_file, 5, clock=clock)
    for _ in range(5):
        clock.advance(minutes=1)
        assert engine.check_and_scale(300)[2] == "GROWTH"
    one_line(caplog, state_file, "Is a directory")
    assert (state_file / "precious").read_text() == "somebody's"
    assert not state_file.with_name(state_file.name + ".tmp").exists()


def test_a_file_of_a_newer_nija_ends_the_start_and_stays(state_file: Path) -> None:
    state_file.parent.mkdir()
    content = json.dumps({"schema_version": 2, "tiers": ["something new"]}).encode()
    state_file.write_bytes(content)
    for _ in range(3):
        with pytest.raises(StateFileError) as caught:
            AutoScalingEngine(state_file)
        assert str(caught.value) == (
            f"The scaling state {state_file} was written by a newer NIJA: its schema version is "
            "2, this NIJA knows 1. Update NIJA, or move the file away to start afresh."
        )
    assert state_file.read_bytes() == content
    assert [file.name for file in state_file.parent.iterdir()] == [state_file.name]


def test_a_file_of_a_newer_nija_that_appears_while_running_refuses_entries(
    state_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = AutoScalingEngine(state_file)
    manager = pluggy.PluginManager("nija")
    manager.add_hookspecs(hookspecs)
    scaling = ScalingPlugin(engine, Settings())
    manager.register(scaling, name="scaling")
    hooks = Hooks(manager)
    assert hooks.tell("nija_equity", account=an_account(300.0))
    content = b'{"schema_version": 2}'
    state_file.write_bytes(content)
    for _ in range(5):
        hooks.begin_loop()
        # A loop that tells False was not followed, and enters nothing.
        assert not hooks.tell("nija_equity", account=an_account(1500.0))
    (line,) = warned(caplog)
    assert "\n" not in line
    assert f"The scaling state {state_file} was written by a newer NIJA" in line
    assert scaling.tier is not None
    assert scaling.tier.name == "GROWTH"
    assert state_file.read_bytes() == content
