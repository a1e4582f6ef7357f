"""The plan of a trade: where it is given up, how far it might go, how it is followed.

The stop comes from volatility and structure; the target from structure alone, so that the
reward/risk rule really refuses trades: a market that has not moved far offers no target far away.
"""

import numpy as np
import pandas as pd
import talib

from nija_plugins import hookimpl
from nija_plugins.bars import four_hour_bars, onto_base
from nija_plugins.signals.indicators import Floats, average_range
from nija_plugins.view import Plan

WEEK, SWING = 42, 20
"""4h bars in the average true range, and in the swing whose low carries the stop."""
RANGE = 60
"""4h bars (10 days) whose height is projected upwards from the close: the measured move."""


@hookimpl
def nija_plan(dataframe: pd.DataFrame) -> Plan:
    """Stop, target and trail per 1h candle, as fractions of the close; NaN if unknown."""
    bars = four_hour_bars(dataframe)
    high, low, close = (bars[name].to_numpy() for name in ("high", "low", "close"))
    reach = average_range(bars, WEEK) / close
    swing_low = 1 - talib.MIN(low, SWING) / close
    # Half a bar's range below the swing low, where others have their stops; but neither so near
    # that noise reaches it nor so far that nothing can pay for it.
    stop = np.clip(swing_low + 0.5 * reach, 3 * reach, 4 * reach)
    height = (talib.MAX(high, RANGE) - talib.MIN(low, RANGE)) / close

    def on_base(values: Floats) -> pd.Series:
        return onto_base(pd.Series(values, index=bars.index), dataframe)

    return Plan(
        stop=on_base(np.clip(stop, 0.02, 0.25)),
        target=on_base(np.where(np.isnan(reach), np.nan, height)),
        trail=on_base(np.clip(5 * reach, 0.03, 0.30)),
    )
