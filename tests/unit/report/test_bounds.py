"""What a bot's account was worth when its trades began."""

from datetime import UTC, datetime

import pandas as pd

from nija_plugins.report.from_database import bounds

NOON = datetime(2024, 1, 3, 12, tzinfo=UTC)


def test_of_entries_at_one_moment_the_first_counts() -> None:
    """Rows come as the trades closed; each entry had paid the fees of those before."""
    rows = {"opened": [NOON] * 3, "equity": [496.88, 500.0, 498.44], "profit": [-1.0, 2.0, 0.5]}
    assert bounds(pd.DataFrame(rows), {}, None) == (500.0, 501.5)
