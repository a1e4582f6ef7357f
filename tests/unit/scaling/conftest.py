from collections.abc import Iterator
from pathlib import Path

import pytest

from nija_plugins.scaling import SCALING_TIERS


@pytest.fixture(autouse=True)
def _tier_table_stays() -> Iterator[None]:
    """Whatever a test does to the tier table is undone."""
    rows = list(SCALING_TIERS)
    yield
    SCALING_TIERS[:] = rows


@pytest.fixture
def state_file(tmp_path: Path) -> Path:
    return tmp_path / "user_data" / ".auto_scaling_state.json"
