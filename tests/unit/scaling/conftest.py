from collections.abc import Iterator
from pathlib import Path

import pytest

from nija_plugins.scaling import SCALING_TIERS, AutoScalingEngine
from tests.state_files import Clock, Start


@pytest.fixture(autouse=True)
def _tier_table_stays() -> Iterator[None]:
    """Whatever a test does to the tier table is undone."""
    rows = list(SCALING_TIERS)
    yield
    SCALING_TIERS[:] = rows


@pytest.fixture
def start(state_file: Path, clock: Clock) -> Start:
    """An engine as a new process would make it."""

    def _start(account: str | None = None, buffer: float = 5.0) -> AutoScalingEngine:
        return AutoScalingEngine(state_file, buffer, account, clock)

    return _start
