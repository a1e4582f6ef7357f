"""The commands beside damaged files: an answer, or one clear sentence and exit code 1 or 2; never a
traceback, and no file is touched."""

import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from typer.testing import CliRunner

from nija_plugins.cli import app
from nija_plugins.memory.store import MEMORY_FILE
from nija_plugins.records.journal import JOURNAL_FILE
from nija_plugins.run import STATE_FILE
from tests.conftest import copy_of_the_house
from tests.fuzz import test_databases, test_state_file
from tests.fuzz.anything import json_values, mutated
from tests.fuzz.depth import examples

COMMANDS = {
    MEMORY_FILE: (["status"], ["status", "--json"]),
    STATE_FILE: (["status"], ["status", "--json"]),
    JOURNAL_FILE: (["refusals"], ["refusals", "--json", "--since", "2020-01-01"]),
    "trades.sqlite": (["unlock"],),
    "config.json": (["status"], ["plugins"], ["refusals"], ["unlock"]),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = copy_of_the_house(tmp_path_factory.mktemp("commands"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        yield home


def ran(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})
    assert result.exception is None or isinstance(result.exception, SystemExit), (
        arguments,
        result.exception,
    )
    assert result.exit_code in (0, 1, 2)
    assert result.exit_code == 0 or "nija" in result.output
    assert "Traceback" not in result.output
    return result.output


def beside(house: Path, file: str, content: bytes) -> None:
    """Runs what reads `file` in a house where it has this content."""
    path = house / "user_data" / file
    before = path.read_bytes() if path.exists() else None
    path.write_bytes(content)
    try:
        for command in COMMANDS[file]:
            ran(*command)
            if content and file != STATE_FILE:  # an empty one is begun, that one set aside
                assert path.read_bytes() == content
    finally:
        path.unlink(missing_ok=True)
        if before is not None:
            path.write_bytes(before)
        for aside in path.parent.glob(f"{file}.*"):
            aside.unlink()


@examples(12, 500)
@given(st.data())
def test_a_damaged_memory(house: Path, data: st.DataObject) -> None:
    content = data.draw(st.binary(max_size=50) | mutated([test_databases.a_memory()]))
    beside(house, MEMORY_FILE, content)


@examples(12, 500)
@given(st.data())
def test_a_damaged_journal(house: Path, data: st.DataObject) -> None:
    content = data.draw(st.binary(max_size=50) | mutated([test_databases.a_journal()]))
    beside(house, JOURNAL_FILE, content)


@examples(12, 500)
@given(st.binary(max_size=50) | mutated(test_state_file.GOOD))
@example(b'{"schema_version": 2}')
def test_a_damaged_state_file(house: Path, content: bytes) -> None:
    beside(house, STATE_FILE, content)


@examples(12, 500)
@given(st.binary(max_size=50).filter(bool) | json_values.map(lambda v: json.dumps(v).encode()))
@example(b"\xff")
@example(b"[" * 100_000)
@example(b'{"add_config_files": ["config.json"]}')
@example(b'{"add_config_files": 5}')
@example(b'{"exchange": {"name": 5}}')
@example(b'{"exchange": {"name": "nowhere"}, "db_url": 7}')
@example(b'{"exchange": {"name": "kraken"}, "db_url": "nonsense"}')
@example(b'{"exchange": {"name": "kraken"}, "user_data_dir": 5}')
def test_a_damaged_configuration(house: Path, content: bytes) -> None:
    beside(house, "config.json", content)


def test_a_damaged_database_of_trades(house: Path) -> None:
    with (house / "user_data/config.json").open("w") as file:
        database = f"sqlite:///{house}/user_data/trades.sqlite"
        config = {"add_config_files": ["../config.micro_capital.json"], "db_url": database}
        json.dump(config, file)
    for content in (b"", b"junk", b"SQLite format 3\0" + b"\xff" * 500):
        path = house / "user_data/trades.sqlite"
        path.write_bytes(content)
        ran("unlock")
        path.unlink()
    shutil.copy(Path(__file__).parents[2] / "user_data/config.json", house / "user_data")


START = datetime(2025, 3, 4, tzinfo=UTC)


def a_result(facts: Any) -> bytes:
    """A backtest's result as freqtrade packs it, with these facts of NIJA's."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as result:
        name = "backtest-result-2025-03-04_00-00-00"
        strategy = {"NijaMicro": {"trades": [], "starting_balance": 100, "final_balance": 100}}
        result.writestr(f"{name}.json", json.dumps({"strategy": strategy}))
        result.writestr(
            f"{name}_config.json", json.dumps({"exchange": EXCHANGE, "nija_run": facts})
        )
        wallet = io.BytesIO()
        pd.DataFrame({"date": [START], "total_quote": [100.0]}).to_feather(wallet)
        result.writestr(f"{name}_NijaMicro_wallet.feather", wallet.getvalue())
    return packed.getvalue()


EXCHANGE = {"name": "coinbase"}

REFUSED = {
    "time": "2025-03-04T00:00:00+00:00",
    "pair": "BTC/USD",
    "score": 1,
    "reasons": {"a": "b"},
}
FACTS = {"refused": {"candidates": 1, "by_rule": {"a": 1}, "records": [REFUSED]}}


def shown(content: bytes) -> str:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "backtest-result-2025-03-04_00-00-00.zip"
        path.write_bytes(content)
        return ran("refusals", "--result", str(path))


@examples(30, 1000)
@given(st.binary(max_size=50) | mutated([a_result(FACTS)]))
def test_a_damaged_result(house: Path, content: bytes) -> None:
    shown(content)


@examples(40, 1500)
@given(json_values)
@example({"refused": {"records": [REFUSED | {"score": None}]}})
@example({"refused": {"records": [REFUSED | {"reasons": ["no"]}]}})
@example({"refused": {"records": [{}]}})
@example({"refused": {}})
@example([])
def test_a_result_of_something_else(house: Path, facts: Any) -> None:
    shown(a_result(facts))
    shown(a_result({"refused": facts}))
    shown(a_result({"refused": {"records": facts}}))


def test_a_good_one_is_shown(house: Path) -> None:
    assert "1 candidates refused" in shown(a_result(FACTS))
