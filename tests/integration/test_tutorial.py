"""docs/tutorial.md, done as a reader would: files written where it says, commands run in order."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from nija_plugins.research.result import Result, latest
from tests.conftest import ROOT

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"Save this as `([^`]+)`:\s*\Z")


@dataclass(frozen=True)
class Step:
    """A code block: a file to write, commands to run, or what the commands before it print."""

    kind: str
    content: str
    file: str | None


def steps() -> list[Step]:
    """The page's code blocks, each with the file the sentence before it names."""
    text = (ROOT / "docs/tutorial.md").read_text()
    found = []
    for block in BLOCK.finditer(text):
        named = FILE.search(text[: block.start()])
        found.append(Step(block[1], block[2], named[1] if named else None))
    return found


def run(home: Path, commands: str, port: int) -> str:
    """What `commands` print. The simulated exchange gets a port of its own: tests run at once."""
    environ = {name: value for name, value in os.environ.items() if "FREQTRADE__" not in name}
    done = subprocess.run(
        [
            "bash",
            "-euo",
            "pipefail",
            "-c",
            commands.replace("nija offline", f"nija offline --port {port}"),
        ],
        cwd=home,
        env={
            **environ,
            "COLUMNS": "200",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout}"
    return done.stdout


def squeezed(text: str) -> str:
    """`text` with runs of blanks as one: a table's columns are as wide as the longest plugin."""
    return " ".join(text.split())


def test_the_tutorial_works(house: Path, free_port: int) -> None:
    plugins = house / "user_data/plugins"
    for left in plugins.glob("*.py"):  # of whoever runs the tests
        left.unlink()
    own = house / "user_data/data/coinbase/BTC_USD-1h.feather"  # of a reader who fetched some
    own.parent.mkdir(parents=True)
    own.write_bytes(b"real candles")
    said, written = "", []
    for step in steps():
        if step.kind == "python":
            assert step.file, f"No sentence says where to save:\n{step.content}"
            (house / step.file).write_text(step.content)
            written.append(step.file)
        elif step.kind == "sh":
            said = run(house, step.content, free_port)
        else:
            for line in step.content.splitlines():
                assert squeezed(line) in squeezed(said), said
    assert [Path(file).stem for file in written] == ["strong_close", "no_weekends", "ten_dollars"]
    assert not list(plugins.glob("*.py"))
    assert own.read_bytes() == b"real candles"
    assert all(Path(file).stem not in said for file in written)
    the_plugins_decided(latest(house / "user_data/backtest_results"))


def the_plugins_decided(result: Result) -> None:
    """The veto refused, nothing was entered at a weekend, and the sizer said how much."""
    assert result.nija_run["refused"]["by_rule"]["no_weekends"] > 0
    opened = pd.to_datetime(result.trades["open_date"])
    assert len(opened) > 0
    assert (opened.dt.day_of_week < 5).all()
    for stake in result.trades["stake_amount"]:
        assert stake == pytest.approx(10.0, abs=0.05) or stake == pytest.approx(5.0, abs=0.05)


def test_the_voter_votes_for_a_strong_close(tmp_path: Path) -> None:
    from nija_plugins import answers, manager
    from nija_plugins.guard import Hooks
    from nija_plugins.settings import Settings

    voter = next(step for step in steps() if step.file and "strong_close" in step.file)
    (tmp_path / "strong_close.py").write_text(voter.content)
    hooks = Hooks(manager.build(Settings(), tmp_path))
    rising = pd.Series(range(100, 160), dtype=float)
    flat = pd.Series(100.0, index=rising.index)
    for close, expected in ((rising, 1.0), (flat, float("nan"))):
        frame = pd.DataFrame({"low": close, "high": close, "close": close})
        frame.insert(0, "date", pd.date_range("2024-01-01", periods=60, freq="h", tz="UTC"))
        frame["open"], frame["volume"] = frame["close"], 1.0
        given = {"dataframe": frame, "pair": "BTC/USD", "settings": Settings()}
        name, votes = next(hooks.every("nija_votes", answers.votes(frame.index), **given))
        assert name == "strong_close"
        assert votes[0].score.iloc[-1] == pytest.approx(expected, nan_ok=True)
        assert votes[0].score.iloc[:23].isna().all()
