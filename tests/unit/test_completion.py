"""Completion by Tab, asked as the shell's own script asks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

NIJA = Path(sys.executable).with_name("nija")


def completed(shell: str, line: str) -> str:
    """What `nija` answers the shell's script at the end of `line`."""
    words = line.split(" ")
    asked = {
        "_NIJA_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_TYPER_COMPLETE_WORD_TO_COMPLETE": words[-1],
    }
    done = subprocess.run(
        [NIJA], env=os.environ | asked, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("nija re", ["refusals", "reconcile", "replay", "report"]),
        ("nija status --j", ["--json"]),
        ("nija offline --exchange kraken", ["kraken", "krakenfutures"]),
        ("nija nothing", []),
    ],
)
def test_bash_is_offered_commands_options_and_choices(line: str, offered: list[str]) -> None:
    assert completed("bash", line).split() == offered


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_show_what_a_command_does(shell: str) -> None:
    told = completed(shell, "nija doc")
    assert "doctor" in told and "Check that everything a bot needs is in" in told


def test_completing_a_command_imports_none() -> None:
    """`nija <Tab>` waits for neither pandas nor freqtrade."""
    asked = {"_NIJA_COMPLETE": "complete_bash", "COMP_WORDS": "nija s", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-X", "importtime", NIJA],
        env=os.environ | asked,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["status", "signals", "simulate", "sweep"]
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not imported & {"pandas", "freqtrade", "nija_plugins.settings"}


def test_the_script_to_install_is_shown() -> None:
    shown = subprocess.run(
        [NIJA, "--show-completion", "bash"],
        env=os.environ | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    assert "_NIJA_COMPLETE=complete_bash" in shown.stdout
