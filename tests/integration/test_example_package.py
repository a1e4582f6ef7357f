"""Somebody else's plugins: the example package, installed beside NIJA, and a user's single file."""

import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path
from textwrap import dedent
from typing import Any
from zipfile import ZipFile

import pytest

from tests.conftest import ROOT, nija

EXAMPLE = ROOT / "examples/nija-weekend"
PROJECT = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
PLUGINS = PROJECT["entry-points"]["nija_plugins"]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a scratch environment: everything ours has, and the example package."""
    scratch = tmp_path_factory.mktemp("scratch")
    venv.create(scratch / "venv", symlinks=os.name != "nt")
    paths = {"base": str(scratch / "venv"), "platbase": str(scratch / "venv")}
    interpreter = Path(sysconfig.get_path("scripts", "venv", paths)) / Path(sys.executable).name
    beside = Path(sysconfig.get_path("purelib", "venv", paths)) / "beside.pth"
    # addsitedir also follows the .pth file of NIJA's own editable installation.
    beside.write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    pip = [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    wheel = pack(EXAMPLE, scratch)
    subprocess.run([*pip, "--no-deps", "--no-index", str(wheel)], check=True, timeout=120)
    return interpreter


def pack(source: Path, folder: Path) -> Path:
    """The wheel of `source`, as its build backend would make it: building one needs setuptools,
    which a fresh environment lacks and a test must not download."""
    label = f"{PROJECT['name'].replace('-', '_')}-{PROJECT['version']}"
    info = f"{label}.dist-info"
    points = "".join(f"{name} = {module}\n" for name, module in PLUGINS.items())
    files = {
        f"{info}/METADATA": "Metadata-Version: 2.1\n"
        f"Name: {PROJECT['name']}\nVersion: {PROJECT['version']}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[nija_plugins]\n{points}",
    }
    for path in sorted(source.glob("nija_weekend/*.py")):
        files[path.relative_to(source).as_posix()] = path.read_text()
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    wheel = folder / f"{label}-py3-none-any.whl"
    with ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return wheel


def run(python: Path, home: Path, *arguments: str) -> str:
    """What `python` prints, run in `home`; this repository's tests can be imported there."""
    done = subprocess.run(
        [str(python), *arguments],
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_nija_plugins_lists_the_installed_package(python: Path, house: Path) -> None:
    command = "from nija_plugins.cli import main; main()"
    listed = json.loads(run(python, house, "-c", command, "plugins", "--json"))
    found = {one["name"]: one for one in listed if one["kind"] == "package"}
    assert {name: (one["version"], one["hooks"]) for name, one in found.items()} == {
        "weekend.breakout": (PROJECT["version"], ["nija_votes"]),
        "weekend.closed": (PROJECT["version"], ["nija_veto"]),
    }
    for name, one in found.items():
        assert Path(one["origin"]).name == PLUGINS[name].rpartition(".")[2] + ".py"
        assert Path(one["origin"]).is_relative_to(python.parents[1])


PROBE = """
import json
from datetime import UTC, datetime
from nija_plugins import manager, market
from nija_plugins.guard import Hooks
from nija_plugins.run import Run
from nija_plugins.settings import Settings
from nija_plugins.venue.market.generator import synthetic_candles
from tests.conftest import a_request, an_account

def built(*disabled):
    settings = Settings.load({"nija": {"plugins": {"disable": list(disabled)}}}, {})
    return manager.build(settings)

start, end = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 4, 1, tzinfo=UTC)
candles = synthetic_candles("BTC", start, end)

def score(*disabled):
    view = market.add_view(candles, "BTC/USD", Hooks(built(*disabled)), Settings())
    return view["nija_score"]

def reasons(day, *disabled):
    config = {"exchange": {"name": "kraken"}, "user_data_dir": "user_data"}
    run = Run.begin(built(*disabled), Settings(), config, "backtest")
    request = a_request(time=datetime(2024, 5, day, 12, tzinfo=UTC))
    return [[reason.rule, reason.sentence] for reason in run.objections(request, an_account())]

raised = score() > score("weekend.breakout")
print(json.dumps({
    "raised on days": sorted(set(candles["date"][raised].dt.day_of_week)),
    "lowered": int((score() < score("weekend.breakout")).sum()),
    "friday": reasons(3),
    "saturday": reasons(4),
    "disabled": reasons(4, "weekend.closed"),
}))
"""


def test_its_votes_count_and_its_veto_is_heard(python: Path, house: Path) -> None:
    probe = house / "probe.py"
    probe.write_text(PROBE)
    found: dict[str, Any] = json.loads(run(python, house, str(probe)))
    assert found["raised on days"] == [0, 1, 2, 3, 4]  # a vote of 0 at weekends dilutes nothing
    assert found["lowered"] == 0
    assert found["friday"] == []
    assert found["saturday"] == [
        ["weekend.closed", "It is Saturday: the weekend is too thin to enter."]
    ]
    assert found["disabled"] == []


def test_a_single_file_is_listed_without_being_installed(house: Path) -> None:
    folder = house / "user_data/plugins"
    veto = """
    from nija_plugins import hookimpl

    __version__ = "7"

    @hookimpl
    def nija_veto(request):
        return None
    """
    (folder / "mine.py").write_text(dedent(veto))
    done = nija(house, "plugins", "--json")
    assert done.returncode == 0, done.stderr
    (mine,) = [one for one in json.loads(done.stdout) if one["name"] == "mine"]
    assert (mine["kind"], mine["version"], mine["hooks"]) == ("file", "7", ["nija_veto"])
    assert Path(mine["origin"]).name == "mine.py"
