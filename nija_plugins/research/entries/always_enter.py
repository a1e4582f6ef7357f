"""Enter whenever it is allowed: the score is always 1."""

import pandas as pd

from nija_plugins import hookimpl


@hookimpl
def nija_score(regime: pd.Series) -> pd.Series:
    """1 on every row."""
    return pd.Series(1.0, index=regime.index)
