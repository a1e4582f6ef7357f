"""freqtrade's recursive-analysis: no indicator depends on how much history came before."""

from datetime import UTC, datetime
from pathlib import Path

from nija_plugins.venue.files import write_synthetic_candles
from tests.conftest import nija


def test_more_history_than_the_startup_changes_nothing(house: Path, free_port: int) -> None:
    write_synthetic_candles(
        house / "user_data/data/coinbase",
        datetime(2023, 1, 1, tzinfo=UTC),
        datetime(2024, 3, 1, tzinfo=UTC),
    )
    ran = nija(
        house,
        *("offline", "--port", str(free_port), "recursive-analysis", "--strategy", "NijaMicro"),
        *("--timerange", "20240101-20240301", "--startup-candle", "719", "800", "1000", "1400"),
    )
    said = " ".join((ran.stdout + ran.stderr).split())
    assert ran.returncode == 0, said
    assert "No variance on indicator(s) found due to recursive formula" in said
    assert "No lookahead bias on indicators found" in said
