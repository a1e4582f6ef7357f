"""The documentation is run: its plugins load and answer, its links lead somewhere."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nija_plugins import manager
from nija_plugins.guard import Hooks
from nija_plugins.settings import Settings
from tests.conftest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def python_blocks(page: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page.read_text(), flags=re.DOTALL)


@pytest.mark.parametrize("number", range(len(python_blocks(ROOT / "docs/plugins.md"))))
def test_a_plugin_of_the_tutorial_loads_and_serves_a_hook(number: int, tmp_path: Path) -> None:
    source = python_blocks(ROOT / "docs/plugins.md")[number]
    (tmp_path / "mine.py").write_text(source)
    loaded = manager.describe(manager.build(Settings(), tmp_path))
    assert next(one for one in loaded if one.name == "mine").hooks


def test_the_tutorials_voter_votes(tmp_path: Path) -> None:
    from nija_plugins import answers

    (tmp_path / "mine.py").write_text(python_blocks(ROOT / "docs/plugins.md")[1])
    hooks = Hooks(manager.build(Settings(), tmp_path))
    low = pd.Series(np.linspace(100, 110, 50))
    frame = pd.DataFrame({"low": low, "high": low + 2, "close": low + 2, "volume": 1.0})
    given = {"dataframe": frame, "pair": "BTC/USD", "settings": Settings()}
    mine = next(iter(hooks.every("nija_votes", answers.votes(frame.index), **given)))
    assert mine[0] == "mine"
    assert (mine[1][0].score == 1.0).all()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
