"""The nija command as a newcomer meets it: answers, and errors that say what to do."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nija_plugins.cli import app
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "160")


def nija(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


def test_explain_shows_legs_cuts_and_what_decided() -> None:
    result = nija(
        *("explain", "--equity", "15", "--pair", "BTC/USD", "--price", "100000", "--stop", "4%")
    )
    assert result.exit_code == 0, result.output
    for word in ("kelly", "volatility", "equity", "risk per trade", "cash buffer", "Stake: $5.00"):
        assert word in result.output
    assert "lifted to the smallest lot" in result.output


def test_explain_names_the_equity_a_refused_pair_needs() -> None:
    result = nija(
        *("explain", "--equity", "15", "--pair", "SOL/USD", "--price", "180", "--stop", "12%")
    )
    assert "No entry" in result.output
    assert "from $" in result.output


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (("--equity", "-1"), "negative"),
        (("--equity", "nan"), "finite"),
        (("--stop", "0"), "stop must lie"),
        (("--stop", "four"), "four"),
        (("--pair", "DOGE/USD"), "DOGE/USD"),
        (("--config", "nowhere.json"), "nowhere.json"),
    ],
)
def test_explain_refuses_nonsense_in_words(changed: tuple[str, str], told: str) -> None:
    arguments = {"--equity": "15", "--pair": "BTC/USD", "--price": "100000", "--stop": "4%"}
    arguments[changed[0]] = changed[1]
    result = nija("explain", *(part for pair in arguments.items() for part in pair))
    assert result.exit_code == 2
    assert told in result.output
    assert "Traceback" not in result.output


def test_status_lists_every_setting_and_what_is_not_in_force() -> None:
    result = nija("status")
    assert result.exit_code == 0, result.output
    assert "min_ai_confidence" in result.output
    assert "comes with copy trading" in result.output


def test_status_as_json() -> None:
    facts = json.loads(nija("status", "--json").stdout)
    assert facts["settings"]["max_position_pct"] == {
        "value": 18,
        "from": "config",
        "in_force": True,
    }
    assert facts["settings"]["ai_trade_filter"]["in_force"] is True
    assert facts["settings"]["copy_trading"]["in_force"] is False


def test_plugins_lists_the_built_ins() -> None:
    found = {one["name"]: one for one in json.loads(nija("plugins", "--json").stdout)}
    assert found["risk.drawdown"]["kind"] == "essential"
    assert found["sizing.hybrid"]["hooks"] == ["nija_stake"]
    assert found["scaling"]["kind"] == "essential"


def test_a_typo_in_the_configuration_ends_with_its_name(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"nija": {"max_positon_pct": 18}}')
    for command in ("status", "plugins"):
        result = nija(command, "--config", str(config))
        assert result.exit_code == 2
        assert 'did you mean "max_position_pct"' in " ".join(result.output.split())
