"""A voter: the week trades above everything the weekend had tried."""

import pandas as pd

from nija_plugins import hookimpl
from nija_plugins.view import Family, Vote


@hookimpl
def nija_votes(dataframe: pd.DataFrame) -> list[Vote]:
    """1 from Monday to Friday while the close is above the last weekend's high, else 0.

    NaN, "cannot tell", while `dataframe` holds no weekend to compare with.
    """
    weekend = dataframe["date"].dt.day_of_week >= 5  # Saturday and Sunday, UTC
    number = (weekend & ~weekend.shift(fill_value=False)).cumsum()
    # A running maximum: no candle may know what a later one reached.
    high = dataframe["high"].where(weekend).groupby(number).cummax().ffill()
    score = ((dataframe["close"] > high) & ~weekend).astype(float)
    return [Vote("weekend breakout", Family.BREAKOUT, score.where(high.notna()))]
