"""docs/commands.md is what the commands say of themselves; their exit codes are as it says."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nija_plugins.cli import COMMANDS, app
from nija_plugins.cli.documentation import PAGE, page
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_the_page_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns, colours in (("40", "FORCE_COLOR"), ("200", "NO_COLOR")):
        monkeypatch.setenv("COLUMNS", columns)
        monkeypatch.setenv(colours, "1")
        assert page() == (ROOT / PAGE).read_text(encoding="utf-8"), "run: make docs"


def test_the_page_has_every_command_and_nothing_of_this_machine() -> None:
    text = page()
    assert all(f"\n## nija {name}\n" in text for name in COMMANDS)
    assert "\x1b" not in text
    assert str(ROOT) not in text and str(Path.home()) not in text.replace("~", "")
    assert max(map(len, text.split("```")[1].splitlines())) <= 96


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("status", 0),
        ("explain --equity 5 --pair BTC/USD --price 100000 --stop 4%", 0),
        ("nonsense", 2),
        ("status --nonsense", 2),
        ("status -c nowhere.json", 2),
        ("refusals --result nowhere.zip", 2),
        ("report nowhere.zip", 2),
        ("simulate nowhere.zip", 2),
        ("train --datadir nowhere", 2),
        ("sweep --set nonsense=1", 2),
        ("forget nobody", 2),
        ("unlock nothing", 2),
        ("reconcile", 2),  # a dry run has nothing on the exchange
        ("copy --followers nowhere.toml", 2),
        ("offline --exchange nasdaq trade", 2),
    ],
)
def test_exit_codes(arguments: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREQTRADE__DB_URL", "sqlite://")
    result = CliRunner().invoke(app, arguments.split())
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output


def test_what_nobody_foresaw_ends_with_1() -> None:
    broken = (
        "import sys, nija_plugins.cli as cli\n"
        "def broken(name): raise RuntimeError('unforeseen')\n"
        "cli.loaded = broken; sys.argv = ['nija', 'status']; cli.main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", broken], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "RuntimeError: unforeseen" in ended.stderr


@pytest.mark.parametrize("arguments", [("--help",), ("plugins",), ("nonsense",)])
def test_no_colours_off_a_terminal(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for asked_for in ("FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS"):
        monkeypatch.delenv(asked_for, raising=False)
    nija = Path(sys.executable).with_name("nija")
    ended = subprocess.run([nija, *arguments], capture_output=True, text=True, check=False)
    assert ended.stdout or ended.stderr
    assert "\x1b" not in ended.stdout + ended.stderr
