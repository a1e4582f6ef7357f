"""The nija command as a newcomer meets it: answers, and errors that say what to do."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from nija_plugins.cli import COMMANDS, app
from nija_plugins.venue.market.files import write_synthetic_candles
from nija_plugins.view import Family, Regime
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
    assert "exchange maximum │ any │" in " ".join(result.output.split())


@pytest.mark.parametrize(("dry_run", "told"), [(True, "0.30%"), (False, "1.20%")])
def test_explain_counts_with_the_fee_that_the_bot_counts_with(
    tmp_path: Path, dry_run: bool, told: str
) -> None:
    """A configured one in a dry-run; live what the exchange asks."""
    overlay = tmp_path / "fee.json"
    overlay.write_text(json.dumps({"fee": 0.003, "dry_run": dry_run}))
    entry = ("--equity", "100", "--pair", "BTC/USD", "--price", "50000", "--stop", "4%")
    result = nija("explain", *entry, "-c", "user_data/config.json", "-c", str(overlay))
    assert f"fee {told} a side" in " ".join(result.output.split())


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


def test_explain_tells_scripts_the_same() -> None:
    asked = ("explain", "--pair", "BTC/USD", "--price", "100000", "--stop", "4%", "--json")
    facts = json.loads(nija(*asked, "--equity", "15").output)
    assert facts["stake"] == pytest.approx(5.0, abs=0.01) and facts["refusal"] is None
    assert facts["decision"]["lifted"] and facts["tier"] == "STARTER"
    assert {leg["name"] for leg in facts["legs"]} == {"kelly", "volatility", "equity"}
    none = json.loads(nija(*asked, "--equity", "12").output)
    assert none["stake"] == 0 and "starts from $15.00" in none["refusal"]
    assert none["tier"] is None and none["decision"] is None


def test_explain_shows_leverage_where_there_is_some() -> None:
    asked = ("explain", "--exchange", "krakenfutures", "--pair", "BTC/USD:USD", "--stop", "4%")
    levered = nija(*asked, "--equity", "1500", "--price", "60000").output
    assert "Leverage 2: a stake is margin, the position 2 times as large." in levered
    assert "Stake: $186.00 (12.4% of equity, 0.00620000 units, position $372.01)" in levered
    plain = nija(*asked, "--equity", "900", "--price", "60000").output
    assert "Leverage" not in plain and "position $" not in plain


def test_status_lists_every_setting() -> None:
    result = nija("status")
    assert result.exit_code == 0, result.output
    assert "min_ai_confidence" in result.output


def test_status_names_a_misspelt_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAILY_MAX_LOS", "4")
    assert "DAILY_MAX_LOS sets nothing: did you mean DAILY_MAX_LOSS?" in nija("status").output


def test_status_as_json() -> None:
    facts = json.loads(nija("status", "--json").stdout)
    assert facts["settings"]["max_position_pct"] == {"value": 18, "from": "config"}


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


def test_a_mistake_in_a_file_of_the_configuration_is_found_by_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "user_data").mkdir()
    config = tmp_path / "user_data" / "config.json"
    config.write_text('{"add_config_files": ["../own.json"]}')
    (tmp_path / "own.json").write_text('{\n  // whose\n  "dry_run": true\n  "key": "hush"\n}')
    result = nija("plugins", "--config", str(config))
    assert result.exit_code == 2
    assert f"nija: {tmp_path / 'own.json'}, line 4: " in result.output
    assert "hush" not in result.output


class TestSignals:
    """`nija signals` reads stored candles and says what an entry lacks."""

    @pytest.fixture(scope="class")
    def datadir(self, tmp_path_factory: pytest.TempPathFactory) -> Path:
        folder = tmp_path_factory.mktemp("candles")
        first, end = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 4, 1, tzinfo=UTC)
        write_synthetic_candles(folder, first, end, seed=3)
        return folder

    def facts(self, datadir: Path, *options: str) -> dict[str, Any]:
        result = nija("signals", "BTC/USD", "--datadir", str(datadir), "--json", *options)
        assert result.exit_code == 0, result.output
        facts: dict[str, Any] = json.loads(result.output)
        return facts

    def test_the_newest_candle_with_every_vote_and_the_plan(self, datadir: Path) -> None:
        facts = self.facts(datadir)
        assert facts["candle_closed"] == "2024-04-01T00:00Z"
        assert {vote["family"] for vote in facts["votes"]} == {family.value for family in Family}
        assert facts["regime"] in set(Regime)
        assert 0 < facts["plan"]["stop"] < facts["plan"]["trail"] < 0.3
        assert facts["plan"]["stop_price"] == pytest.approx(
            facts["close"] * (1 - facts["plan"]["stop"])
        )
        assert facts["confidence"] is None

    def test_a_weak_score_is_what_is_missing_and_said_in_words(self, datadir: Path) -> None:
        weak = self.facts(datadir)
        assert (weak["score"] < 0.75) == any("score" in one for one in weak["missing"])
        shown = nija("signals", "BTC/USD", "--datadir", str(datadir)).output
        for word in ("higher timeframe", "Plan: stop", "reward over risk", "Missing for an entry"):
            assert word in shown

    def test_at_an_earlier_time_nothing_later_is_known(self, datadir: Path) -> None:
        between = self.facts(datadir, "--at", "2024-03-10T06:30")
        assert between["candle_closed"] == "2024-03-10T06:00Z"
        assert any("4h bar" in one for one in between["missing"])
        early = self.facts(datadir, "--at", "2024-01-05T00:00")
        assert early["regime"] == "unknown"
        assert any("no plan" in one for one in early["missing"])

    @pytest.mark.parametrize("command", [("signals", "BTC/USD"), ("train",)])
    def test_an_exchange_whose_rules_nobody_knows(
        self, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("FREQTRADE__EXCHANGE__NAME", "binance")
        told = nija(*command)
        assert told.exit_code == 2
        assert "The rules of binance are not known here; known: coinbase" in told.output

    def test_futures_have_candles_of_their_own(self, tmp_path: Path) -> None:
        first, end = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)
        write_synthetic_candles(tmp_path, first, end, seed=3, futures=True)
        configured = ("-c", "user_data/config.json", "-c", "config.futures.json", "--json")
        told = nija("signals", "BTC/USD:USD", "--datadir", str(tmp_path), *configured)
        assert told.exit_code == 0, told.output
        assert json.loads(told.stdout)["candle_closed"] == "2024-03-01T00:00Z"
        told = nija("train", "--datadir", str(tmp_path), *configured)
        assert told.exit_code == 0, told.output
        assert json.loads(told.stdout)["ends"] == "2024-02-29T23:00Z"

    def test_no_candles_and_no_time_end_with_what_to_do(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        result = nija("signals", "BTC/USD", "--datadir", str(tmp_path))
        assert result.exit_code == 2
        assert "freqtrade download-data" in " ".join(result.output.split())
        assert not caplog.records  # freqtrade's own word for it would be a second line
        result = nija("signals", "BTC/USD", "--datadir", str(tmp_path), "--at", "2019-03-02")
        assert "--timerange 20190101- --prepend" in " ".join(result.output.split())
        result = nija("signals", "BTC/USD", "--datadir", str(tmp_path), "--at", "tomorrow")
        assert result.exit_code == 2
        assert "2024-03-05T12:00" in result.output


def test_help_shows_every_command_and_imports_none_of_them() -> None:
    """Most need pandas and freqtrade, which take seconds."""
    code = (
        "import sys\nfrom nija_plugins.cli import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'pandas', 'freqtrade', 'sklearn', 'fastapi', 'sqlalchemy', 'dask'}\n"
        "heavy &= set(sys.modules)\n"
        "print('heavy:', sorted(heavy))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    assert "heavy: []" in said
    modules = (ROOT / "nija_plugins/cli").glob("*.py")
    commands = {one.stem for one in modules} - {"__init__", "configuration", "database"}
    commands -= {
        "documentation",
        "facts",
        "loss_limits",
        "one_bot",
        "paper",
        "performance",
        "portfolio",
        "tables",
    }
    assert commands == set(COMMANDS)
    for name in COMMANDS:
        assert name in said
        assert nija(name, "--help").exit_code == 0


def test_an_unknown_command_is_refused() -> None:
    result = nija("expalin")
    assert result.exit_code == 2
    assert "No such command 'expalin': did you mean 'explain'?" in result.output
    result = nija("zzz")
    assert result.exit_code == 2
    assert "No such command 'zzz'." in result.output


def test_a_backtest_without_refusals_is_there_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of results is no file, and not missing for that."""
    nothing = SimpleNamespace(nija_run={"refused": {"records": []}})
    monkeypatch.setattr("nija_plugins.research.result.found", lambda path: nothing)
    result = nija("refusals", "--result", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert "No entry was refused, says" in result.output


@pytest.mark.parametrize("command", ["report", "simulate"])
def test_from_another_folder_no_backtest_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = nija(command)
    assert result.exit_code == 2
    assert "Run nija from the repository's folder" in result.output
