"""Entries without a reason: the same plan, exits, rules and sizes as ours, at random 4h closes.

    from nija_plugins.research.study.experiments.random_entries import seeded

    nija_votes = seeded(7)

with our voters, the regime engine and the ensemble switched off. What NijaMicro earns beyond this,
its reading of the market earns.
"""

from collections.abc import Callable
from zlib import crc32

import numpy as np
import pandas as pd

from nija_plugins import hookimpl
from nija_plugins.view import Family, Vote

SHARE = 0.07
"""Of all 4h bars. More score 0.75 under the shipped ensemble, but those come in clusters of which
one is traded: this makes somewhat more trades than ours, not fewer."""
ORIGIN = pd.Timestamp("2015-01-01", tz="UTC")
"""Before it, nobody is asked."""


def seeded(seed: int) -> Callable[..., list[Vote]]:
    """A voter that says 1 on a random `SHARE` of the hours and 0 on the others."""

    @hookimpl
    def nija_votes(dataframe: pd.DataFrame, pair: str) -> list[Vote]:
        """The vote of an hour hangs on seed, pair and time alone: where the candles begin changes
        nothing."""
        hours = ((dataframe["date"] - ORIGIN) // pd.Timedelta(hours=1)).to_numpy(dtype=np.int64)
        draws = np.random.default_rng([seed, crc32(pair.encode())]).random(int(hours.max()) + 1)
        score = pd.Series((draws[hours] < SHARE).astype(float), index=dataframe.index)
        return [Vote("random", Family.MOMENTUM, score)]

    return nija_votes
