"""What every test of the doctor is given."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from nija_plugins.doctor import CHECKS, Context, Finding, examine
from tests.unit.doctor.looking import CONFIG, NOW, told


@pytest.fixture
def look(tmp_path: Path) -> Callable[..., list[Finding]]:
    """The findings of one check; `changes` go into the configuration, dots lead deeper."""
    (tmp_path / "user_data").mkdir()

    def _look(check: str, changes: Mapping[str, Any] | None = None, **given: Any) -> list[Finding]:
        config = deepcopy(CONFIG) | {"user_data_dir": tmp_path / "user_data"}
        for path, value in (changes or {}).items():
            *sections, name = path.split(".")
            place = config
            for section in sections:
                place = place[section]
            place[name] = value
        usual = {"environ": {}, "clock": lambda: NOW, "ask_time": told()}
        context = Context(**{"load": lambda: config} | usual | given)
        return examine(context, {check: CHECKS[check]})

    return _look


@pytest.fixture
def shipped(house: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(house)
    return house
