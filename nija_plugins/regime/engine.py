"""The default regime engine: five states of a market, told from completed 4h bars.

- *Crisis*: volatility ranks among the highest of four weeks while the price falls hard.
- *Breakout*: the price has just left its range upwards and the bars are getting larger. A break
  downwards is a falling trend or a crisis: we only ever buy.
- *Trending up or down*: a long average slopes, the price is on the right side of it, and the way it
  came was reasonably straight (efficiency ratio, Kaufman, "Trading Systems and Methods").
- *Ranging*: anything else.

Crisis counts at once; any other state must hold two of the last three bars, so that the regime does
not flicker. Everything looks back at most 160 bars, persistence included.
"""

import numpy as np
import pandas as pd
import talib

from nija_plugins import hookimpl
from nija_plugins.bars import four_hour_bars, onto_base
from nija_plugins.settings import Settings
from nija_plugins.signals.indicators import Floats, average_range, window_mean
from nija_plugins.view import Regime

AVERAGE, LEAN = 100, 30
"""Bars in the long average, and bars over which its slope is taken."""
RANK = 120
"""Bars among which today's volatility is ranked."""


@hookimpl
def nija_regime(dataframe: pd.DataFrame, settings: Settings) -> pd.Series:
    """The `Regime` per 1h candle; unknown throughout when the engine is switched off."""
    if not settings.market_regime_engine:
        return pd.Series(Regime.UNKNOWN.value, index=dataframe.index).astype(object)
    bars = four_hour_bars(dataframe)
    return onto_base(persistent(raw_regime(bars)), dataframe).fillna(Regime.UNKNOWN.value)


def raw_regime(bars: pd.DataFrame) -> pd.Series:
    """The regime of each 4h bar by itself, missing while there are too few bars."""
    close, high = bars["close"].to_numpy(), bars["high"].to_numpy()
    reach = average_range(bars, 20)  # missing where nothing moves: no state but ranging fits

    volatility = average_range(bars, 12) / close
    volatility[12:] = np.nan_to_num(volatility[12:])
    rank = pd.Series(volatility).rolling(RANK).rank(pct=True).to_numpy()
    fall = _change(close, 18) / reach

    ceiling = _shift(talib.MAX(high, 40), 6)
    growing = average_range(bars, 6) / average_range(bars, 42)

    average = window_mean(close, AVERAGE)
    slope = _change(average, LEAN) / reach
    straight = efficiency_ratio(close, 42)

    # Moves are measured in mean true ranges, so that the thresholds fit any pair and any year.
    states = [
        (rank >= 0.95) & (fall <= -4.0),
        (close > ceiling) & (growing >= 1.2),
        (slope >= 0.5) & (close > average) & (straight >= 0.1),
        (slope <= -0.5) & (close < average) & (straight >= 0.1),
    ]
    names = [Regime.CRISIS, Regime.BREAKOUT, Regime.TRENDING_UP, Regime.TRENDING_DOWN]
    regime = np.select(states, [name.value for name in names], Regime.RANGING.value)
    known = ~np.isnan(rank) & ~np.isnan(_shift(average, LEAN))
    return pd.Series(regime.astype(object), index=bars.index).where(known)


def persistent(raw: pd.Series) -> pd.Series:
    """The state two of the last three bars agree on, else the newest; crisis at once."""
    before, earlier = raw.shift(1), raw.shift(2)
    settled = raw.where((raw == before) | (raw == earlier) | (before != earlier), before)
    return settled.where(raw != Regime.CRISIS.value, raw).where(earlier.notna())


def efficiency_ratio(close: Floats, length: int) -> Floats:
    """Net move over the length of the way, in [0, 1]; 0 where the price did not move."""
    way = window_mean(np.abs(_change(close, 1)), length) * length
    net = np.abs(_change(close, length))
    return np.divide(net, way, out=np.where(np.isnan(way), np.nan, 0.0), where=way > 0)


def _shift(values: Floats, by: int) -> Floats:
    return pd.Series(values).shift(by).to_numpy()


def _change(values: Floats, by: int) -> Floats:
    return values - _shift(values, by)
