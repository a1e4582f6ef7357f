"""When the filter is refitted, and on what: a calendar, so that everybody has the same windows.

A model serves one calendar quarter (UTC). It learns from candidates of the two years before it,
none of which could have been open at its beginning: the last one enters a time stop and an embargo
earlier. What it learns is therefore final before the quarter begins, live as in a backtest.
"""

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

LOOKBACK = timedelta(days=730)
"""How far back candidates are learned from."""
NEEDED = timedelta(days=365)
"""How much of the time before a quarter must be known of a pair."""
TOLERANCE = 0.02
"""Share of that time that may be missing: exchanges are down for some hours a year."""
EMBARGO = timedelta(days=2)
"""Between the last label's possible end and what it is tested on: neighbours are alike."""


@dataclass(frozen=True, slots=True)
class Window:
    """One quarter and what its model learns from. `opens` and `closes` bound the quarter,
    `first` and `last` (exclusive) the entries of its training candidates, all in UTC."""

    opens: pd.Timestamp
    closes: pd.Timestamp
    first: pd.Timestamp
    last: pd.Timestamp

    @property
    def name(self) -> str:
        """`2024 Q3`."""
        return f"{self.opens.year} Q{self.opens.quarter}"


def window_of(moment: pd.Timestamp, time_stop: timedelta) -> Window:
    """The window of the quarter that `moment` (UTC) lies in."""
    month = 3 * (moment.quarter - 1) + 1
    opens = pd.Timestamp(year=moment.year, month=month, day=1, tz="UTC")
    return Window(
        opens=opens,
        closes=opens + pd.DateOffset(months=3),
        first=opens - LOOKBACK,
        last=opens - time_stop - EMBARGO,
    )


def windows_between(first: pd.Timestamp, last: pd.Timestamp, time_stop: timedelta) -> list[Window]:
    """The windows of every quarter from that of `first` to that of `last`."""
    found = [window_of(first, time_stop)]
    while found[-1].closes <= last:
        found.append(window_of(found[-1].closes, time_stop))
    return found
