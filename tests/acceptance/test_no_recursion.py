"""freqtrade's recursive-analysis: no indicator depends on how much history came before."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from nija_plugins.venue.market.files import write_synthetic_candles
from tests.conftest import nija


@pytest.mark.parametrize(
    ("ai_filter", "stored_from"),
    [
        ("false", datetime(2023, 1, 1, tzinfo=UTC)),
        # With enough of a past for the filter to know something.
        pytest.param("true", datetime(2022, 6, 1, tzinfo=UTC), marks=pytest.mark.slow),
    ],
)
def test_more_history_than_the_startup_changes_nothing(
    house: Path, free_port: int, ai_filter: str, stored_from: datetime
) -> None:
    write_synthetic_candles(
        house / "user_data/data/coinbase", stored_from, datetime(2024, 3, 1, tzinfo=UTC)
    )
    ran = nija(
        house,
        *("offline", "--port", str(free_port), "recursive-analysis", "--strategy", "NijaMicro"),
        *("--timerange", "20240101-20240301", "--startup-candle", "719", "800", "1000", "1400"),
        AI_TRADE_FILTER=ai_filter,
    )
    said = " ".join((ran.stdout + ran.stderr).split())
    assert ran.returncode == 0, said
    assert "No variance on indicator(s) found due to recursive formula" in said
    assert "No lookahead bias on indicators found" in said
    fitted = list((house / "user_data/nija_models").glob("*.json"))
    assert bool(fitted) == (ai_filter == "true")
