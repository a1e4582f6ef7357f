"""Enter by the toss of a coin: one per pair and hour, the same whatever else is in the data."""

from zlib import crc32

import numpy as np
import pandas as pd

from nija_plugins import hookimpl
from nija_plugins.view import Family, Vote

SEED = 5
COIN = "coin"


@hookimpl
def nija_votes(dataframe: pd.DataFrame, pair: str) -> list[Vote]:
    """Heads (1) or tails (0) of every hour since 1970, of which the dataframe's are kept."""
    hours = dataframe["date"].dt.as_unit("s").astype("int64").to_numpy() // 3600
    tosses = np.random.default_rng([SEED, crc32(pair.encode())]).integers(0, 2, hours.max() + 1)
    score = pd.Series(tosses[hours].astype(float), index=dataframe.index)
    return [Vote(COIN, Family.MOMENTUM, score)]


@hookimpl
def nija_score(votes: list[Vote]) -> pd.Series | None:
    """The coin's vote, deaf to all others."""
    return next((vote.score for vote in votes if vote.name == COIN), None)
