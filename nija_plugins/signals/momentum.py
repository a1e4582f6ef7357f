"""Momentum: the price gained more over a week than its usual wobble explains."""

import numpy as np
import pandas as pd
import talib

from nija_plugins import hookimpl
from nija_plugins.bars import four_hour_bars, onto_base
from nija_plugins.signals.indicators import average_range, ramp
from nija_plugins.view import Family, Vote

LENGTH = 42
"""Bars, a week."""


@hookimpl
def nija_votes(dataframe: pd.DataFrame) -> list[Vote]:
    """The week's gain in ranges of an average bar, per square root of the bars it took.

    A walk without direction makes about 0.5 of either sign: 0 below 0.2, 1 from 0.8 on.
    """
    bars = four_hour_bars(dataframe)
    gain = talib.MOM(bars["close"].to_numpy(), LENGTH)
    strength = gain / (average_range(bars, LENGTH) * np.sqrt(LENGTH))
    score = pd.Series(ramp(strength, 0.2, 0.8), index=bars.index)
    return [Vote("momentum", Family.MOMENTUM, onto_base(score, dataframe))]
