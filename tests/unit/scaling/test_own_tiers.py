"""A tier that a plugin file appends, in commands that show tiers."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nija_plugins.cli import app
from nija_plugins.run import STATE_FILE
from nija_plugins.scaling import SCALING_TIERS, AutoScalingEngine, ScalingTier

WHALE = ScalingTier("WHALE", 2000, 1e9, 8, 5.0)
PLUGIN = """
from nija_plugins.scaling import SCALING_TIERS, ScalingTier

SCALING_TIERS.append(ScalingTier("WHALE", 2000, 1e9, 8, 5.0))  # for {user}
"""
"""A file's code runs once per process, so each test has one of its own."""


@pytest.fixture(autouse=True)
def at_home(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(house)


def nija(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return result.stdout


def test_status_shows_the_tier_that_the_bot_stands_in(house: Path) -> None:
    SCALING_TIERS.append(WHALE)
    AutoScalingEngine(house / "user_data" / STATE_FILE).check_and_scale(2500)
    SCALING_TIERS.remove(WHALE)
    (house / "user_data/plugins/own.py").write_text(PLUGIN.format(user="status"))
    told = json.loads(nija("status", "--json"))
    assert (told["tier"], told["limits"]["max_positions"]) == ("WHALE", 8)


def test_status_is_shown_beside_a_plugin_that_cannot_be_loaded(house: Path) -> None:
    (house / "user_data/plugins/broken.py").write_text("1 / 0\n")
    result = CliRunner().invoke(app, ["status"])
    assert result.exit_code == 0
    assert "max_position_pct" in result.stdout
    assert "Tiers of your own are not known" in result.stderr


def test_explain_sizes_for_it(house: Path) -> None:
    (house / "user_data/plugins/own.py").write_text(PLUGIN.format(user="explain"))
    asked = ("--equity", "2500", "--pair", "BTC/USD", "--price", "100000", "--stop", "4%")
    assert json.loads(nija("explain", *asked, "--json"))["tier"] == "WHALE"
