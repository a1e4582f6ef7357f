"""In which tier each trade was opened, whatever the resolution of its times."""

import pandas as pd
import pytest

from nija_plugins.report.performance import with_tiers

MOMENT = "2024-01-03T00:00:00.001000+00:00"


@pytest.mark.parametrize(
    ("changes", "tiers"),
    [
        ((), ["no tier", "no tier"]),  # the state file is gone, or nothing ever changed
        ((("2024-01-02T00:00:00+00:00", "STARTER"),), ["STARTER", "STARTER"]),
        (((MOMENT, "GROWTH"),), ["GROWTH", "no tier"]),
    ],
)
def test_a_bot_counts_in_microseconds(
    changes: tuple[tuple[str, str], ...], tiers: list[str]
) -> None:
    opened = pd.to_datetime([MOMENT, "2024-01-03T00:00:00.000999+00:00"])
    trades = pd.DataFrame({"opened": opened})
    told = tuple({"time": time, "to_tier": tier} for time, tier in changes)
    assert list(with_tiers(trades, told)) == tiers
