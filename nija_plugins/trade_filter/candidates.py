"""Which moments the filter learns from: more than NIJA would enter, or it would see too few.

A candidate is a completed 4h bar that closes above every high of the 20 bars before it (Donchian's
channel, the loose form of what the breakout voters ask for), on which there is a plan.
"""

import pandas as pd
import talib

CHANNEL = 20
"""4h bars before the candidate, three days and a half."""


def above_channel(bars: pd.DataFrame) -> pd.Series:
    """True per bar of `four_hour_bars` that closes above the channel of the bars before it."""
    ceiling = pd.Series(talib.MAX(bars["high"].to_numpy(), CHANNEL), index=bars.index).shift(1)
    return bars["close"] > ceiling
