"""The journal of refused candidates, as `nija refusals` reads it."""

from datetime import UTC, datetime
from math import nan
from pathlib import Path

from nija_plugins.records.journal import Journal, read

NOW = datetime(2024, 3, 5, 12, tzinfo=UTC)


def test_a_refusal_without_a_score_is_recorded(tmp_path: Path) -> None:
    """A forced entry or a copy on candles that no voter could judge."""
    file = tmp_path / "journal.sqlite"
    Journal(file, "kraken dry_run").record(NOW, "BTC/USD", nan, [("risk.tier", "No tier.")])
    (found,) = read(file)
    assert (found.pair, found.rule, found.score) == ("BTC/USD", "risk.tier", 0.0)
