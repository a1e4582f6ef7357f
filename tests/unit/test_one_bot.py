"""A command about one bot sees what `nija trade` gives that bot: files, key, database."""

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nija_plugins.account import Benchmarks
from nija_plugins.brokers.bots import BrokerName
from nija_plugins.brokers.credentials import CredentialsError
from nija_plugins.cli import app
from nija_plugins.cli.configuration import DEFAULT_CONFIG
from nija_plugins.cli.one_bot import chosen, loaded
from nija_plugins.memory import AccountStore, Memory, Snapshot
from nija_plugins.memory.store import MEMORY_FILE
from tests.conftest import ROOT

KEYS = (
    "KRAKEN_MASTER_API_KEY=a-fake-key\nKRAKEN_MASTER_API_SECRET=a-fake-secret\nDAILY_MAX_LOSS=4\n"
)


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A .env with a key of Kraken; the environment is put back afterwards."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    file = tmp_path / ".env"
    file.write_text(KEYS)
    return file


@pytest.mark.parametrize(
    ("dry_run", "database"),
    [("true", "tradesv3.kraken.dryrun.sqlite"), ("false", "tradesv3.kraken.sqlite")],
)
def test_the_secondary_broker(
    env_file: Path, dry_run: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "FREQTRADE__DRY_RUN", dry_run)
    config = loaded([DEFAULT_CONFIG], BrokerName.KRAKEN, env_file)
    assert config["exchange"]["name"] == "kraken"
    assert config["exchange"]["key"] == "a-fake-key"
    assert config["exchange"]["secret"] == "a-fake-secret"
    assert config["db_url"] == f"sqlite:///{database}"
    assert os.environ["DAILY_MAX_LOSS"] == "4"


def test_the_primary_broker_has_freqtrades_database_and_no_key_of_others(env_file: Path) -> None:
    for broker in (BrokerName.COINBASE, None):
        config = loaded([DEFAULT_CONFIG], broker, env_file)
        assert config["exchange"]["name"] == "coinbase"
        assert not config["exchange"]["key"]
        assert "db_url" not in config


def test_files_name_the_broker_too(env_file: Path) -> None:
    files = [DEFAULT_CONFIG, Path("config.kraken.json")]
    assert chosen(files, None, env_file) == files
    assert loaded(files, None, env_file)["exchange"]["key"] == "a-fake-key"


def test_a_database_of_ones_own_is_kept(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "FREQTRADE__DB_URL", "sqlite:///mine.sqlite")
    config = loaded([DEFAULT_CONFIG], BrokerName.KRAKEN, env_file)
    assert config["db_url"] == "sqlite:///mine.sqlite"


def test_half_a_key_is_named(env_file: Path) -> None:
    env_file.write_text("KRAKEN_MASTER_API_KEY=a-fake-key\n")
    with pytest.raises(CredentialsError, match="KRAKEN_MASTER_API_SECRET is not set"):
        loaded([DEFAULT_CONFIG], BrokerName.KRAKEN, env_file)


def test_status_of_the_secondary_broker(
    env_file: Path, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(house)
    shutil.copy(ROOT / "config.kraken.json", house)
    now = datetime(2026, 1, 5, 12, tzinfo=UTC)
    seen = Snapshot(now, 77.0, 75.0, 70.0, positions=1, losing_streak=0)
    memory = Memory(benchmarks=Benchmarks.begin(now, 80.0), seen=now)
    file = house / "user_data" / MEMORY_FILE
    AccountStore(file, "kraken dry_run tradesv3.kraken.dryrun").save(memory, seen)

    def told(*options: str) -> Any:
        given = ["status", "--env-file", str(env_file), "--json", *options]
        return json.loads(CliRunner().invoke(app, given).output)["loss_limits"]

    assert told() is None
    assert told("--broker", "kraken")["equity"] == 77.0


@pytest.mark.parametrize("command", ["trade", "doctor", "status", "unlock", "reconcile"])
def test_a_file_of_keys_that_was_named_must_be_there(command: str) -> None:
    told = CliRunner().invoke(app, [command, "--env-file", "nowhere.env"])
    assert told.exit_code == 2
    assert "nowhere.env is no file" in told.output
