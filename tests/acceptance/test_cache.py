"""freqtrade's backtest cache: it hits when nothing changed, and misses when anything did."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nija_plugins.venue.market.files import write_synthetic_candles
from tests.conftest import nija

REUSED = "Reusing result of previous backtest"


@pytest.fixture
def cached(house: Path, free_port: int) -> Callable[..., bool]:
    """Runs one short backtest offline; whether freqtrade took the result from its cache."""
    write_synthetic_candles(
        house / "user_data/data/coinbase",
        datetime(2024, 1, 1, tzinfo=UTC),
        datetime(2024, 3, 1, tzinfo=UTC),
    )

    def run(**environ: str) -> bool:
        ran = nija(
            house,
            *("offline", "--port", str(free_port), "backtesting", "--strategy", "NijaMicro"),
            *("--timerange", "20240201-20240210"),
            **environ,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return REUSED in ran.stdout + ran.stderr

    return run


def test_the_cache_hits_when_nothing_changed_and_misses_when_anything_did(
    house: Path, cached: Callable[..., bool]
) -> None:
    assert not cached()
    assert cached()

    assert not cached(MAX_POSITION_PCT="15")

    plugin = house / "user_data/plugins/mine.py"
    plugin.write_text("A = 1\n")
    assert not cached()
    plugin.write_text(
        "from nija_plugins.scaling import SCALING_TIERS, ScalingTier\n"
        "SCALING_TIERS.append(ScalingTier('WHALE', 2000, float('inf'), 8, 5.0, True, True))\n"
    )
    assert not cached()
    assert cached()


def test_a_stray_parameter_file_is_reported(house: Path, free_port: int) -> None:
    stray = house / "user_data/strategies/NijaMicro.json"
    stray.write_text(
        '{"strategy_name": "NijaMicro", "params": {"buy": {"stops": 1.5}}, "ft_stratparam_v": 1}'
    )
    write_synthetic_candles(
        house / "user_data/data/coinbase",
        datetime(2024, 1, 1, tzinfo=UTC),
        datetime(2024, 3, 1, tzinfo=UTC),
    )
    ran = nija(
        house,
        *("offline", "--port", str(free_port), "backtesting", "--strategy", "NijaMicro"),
        *("--timerange", "20240201-20240210"),
    )
    assert "NijaMicro.json changes this run" in " ".join((ran.stdout + ran.stderr).split())
