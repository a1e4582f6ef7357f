"""The whole: what is printed, how it ends, what it never shows."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from nija_plugins.cli.doctor import doctor
from nija_plugins.doctor import CHECKS, Context, Finding, Level, examine
from nija_plugins.doctor.network import exchange_time
from tests.unit.doctor.looking import CONFIG, KEY, SECRET, changed, told


def test_a_check_that_crashes_is_a_cross_with_its_name_and_the_rest_goes_on() -> None:
    def crash(_context: Context) -> list[Finding]:
        raise RuntimeError(f"boom {KEY}")

    config = deepcopy(CONFIG) | {"exchange": {"name": "coinbase", "key": KEY}}
    context = Context(load=lambda: config, environ={}, ask_time=told())
    crashed, fine = examine(context, {"odd": crash, "keys": CHECKS["keys"]})
    assert (crashed.check, crashed.level) == ("odd", Level.FAILED)
    assert crashed.text == "The check itself failed: RuntimeError: boom ***."
    assert (fine.check, fine.level) == ("keys", Level.OK)


@pytest.mark.parametrize(
    "message", ["{0}", "{0!r}", "one line: fakeline1234", "-----BEGIN EC KEY----- fakeline1234"]
)
def test_a_key_of_several_lines_is_struck_out_however_it_is_quoted(message: str) -> None:
    def leak(_context: Context) -> list[Finding]:
        raise RuntimeError(message.format(SECRET))

    config = deepcopy(CONFIG) | {"telegram": {"token": "123:abcdef"}}
    environ = {"FREQTRADE__EXCHANGE__SECRET": SECRET}
    context = Context(load=lambda: config, environ=environ, ask_time=told())
    (finding,) = examine(context, {"odd": leak})
    assert "fakeline1234" not in finding.text


def run(*arguments: str) -> Any:
    app = typer.Typer()
    app.command()(doctor)
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = Context.__dataclass_fields__["ask_time"]
    assert defaults.default is exchange_time
    original = Context.__init__

    def init(self: Context, *args: Any, **given: Any) -> None:
        original(self, *args, **{"ask_time": lambda _: datetime.now(UTC)} | given)

    monkeypatch.setattr(Context, "__init__", init)
    monkeypatch.setenv("COLUMNS", "160")


def test_a_healthy_house_ends_with_0(shipped: Path, answering: None) -> None:
    result = run()
    assert result.exit_code == 0, result.output
    assert "✓" in result.output
    assert "0 to mend" in result.output
    assert result.output.count("freqtrade download-data") == 1  # not once a pair
    facts = json.loads(run("--json").stdout)
    assert facts["healthy"] is True
    assert {one["check"] for one in facts["findings"]} == set(CHECKS)
    assert set(facts["findings"][0]) == {"check", "level", "text", "advice"}


def test_a_cross_ends_with_1_and_no_key_is_ever_shown(shipped: Path, answering: None) -> None:
    changed(shipped, '"dry_run_wallet": 100', '"dry_run_wallet": 10')
    changed(shipped, '"key": ""', f'"key": "{KEY}"')
    changed(shipped, '"secret": ""', f'"secret": {json.dumps(SECRET)}')
    changed(shipped, '"name": "coinbase"', f'"name": "{KEY}"')  # a key in the wrong place
    for arguments in ((), ("--json",)):
        result = run(*arguments)
        assert result.exit_code == 1
        assert KEY not in result.output
        assert "fakeline1234" not in result.output
    assert "✗" in run().output


def test_without_a_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run()
    assert result.exit_code == 1
    assert "Run nija from the repository's folder" in " ".join(result.output.split())
    assert "Traceback" not in result.output


def test_every_check_is_tested_here() -> None:
    source = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    for name in CHECKS:
        assert f'look("{name}"' in source or f'in_the_house("{name}"' in source
