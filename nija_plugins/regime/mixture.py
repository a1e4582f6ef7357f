"""The other regime engine: states that a Gaussian mixture finds by itself, instead of thresholds.

scikit-learn's `GaussianMixture` is fitted to four scale-free features of completed 4h bars, anew at
the start of each quarter (UTC) and on bars that had closed by then; a bar is told by the model of
its own quarter. What a component is called follows from its centre. So nothing looks ahead, and a
backtest and a bot with the same candles say the same.

It needs a hundred days of candles before its first quarter says anything, and is `unknown` until
then: nothing is entered. The 719 candles a bot gets from Kraken are too few. Why it is not the
default: docs/market.md.
"""

from itertools import pairwise

import numpy as np
import pandas as pd
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from nija_plugins import hookimpl
from nija_plugins.bars import four_hour_bars, onto_base
from nija_plugins.regime.engine import efficiency_ratio, persistent
from nija_plugins.settings import Settings
from nija_plugins.signals.indicators import Floats, average_range
from nija_plugins.view import Regime

COMPONENTS = 5
LEAST, MOST = 600, 2190
"""Bars to fit on: at least a hundred days, at most the last year."""
WEEK = 42


@hookimpl
def nija_regime(dataframe: pd.DataFrame, settings: Settings) -> pd.Series:
    """The `Regime` per 1h candle; unknown until there is enough to fit on, and throughout when
    the engine is switched off."""
    if not settings.market_regime_engine:
        return pd.Series(Regime.UNKNOWN.value, index=dataframe.index).astype(object)
    bars = four_hour_bars(dataframe)
    return onto_base(persistent(raw_regime(bars)), dataframe).fillna(Regime.UNKNOWN.value)


def raw_regime(bars: pd.DataFrame) -> pd.Series:
    """The regime of each 4h bar by itself, missing where no model knows it."""
    known = features(bars)
    usable = np.asarray(np.isfinite(known).all(axis=1), dtype=bool)
    regime = np.full(len(bars), None, dtype=object)
    for first, end in quarters(bars["date"]):
        past = known[:first][usable[:first]][-MOST:]
        rows = first + np.flatnonzero(usable[first:end])
        if len(past) >= LEAST and len(rows):
            regime[rows] = _told(past, known[rows])
    return pd.Series(regime, index=bars.index, dtype=object)


def features(bars: pd.DataFrame) -> Floats:
    """A row per bar: the week's move in ranges of a bar per root of its bars, the straightness of
    its way with the move's sign, volatility against four weeks' (logarithm), and whether bars are
    growing (logarithm)."""
    close = bars["close"].to_numpy()
    week, day, month = (average_range(bars, length) for length in (WEEK, 6, 4 * WEEK))
    move = close - pd.Series(close).shift(WEEK).to_numpy()
    return np.column_stack(
        [
            move / (week * np.sqrt(WEEK)),
            np.sign(move) * efficiency_ratio(close, WEEK),
            np.log(week / month),
            np.log(day / week),
        ]
    )


def quarters(dates: pd.Series) -> list[tuple[int, int]]:
    """Positions (first, end) of the bars of each calendar quarter, by when a bar opened."""
    number = (dates.dt.year * 4 + dates.dt.quarter).to_numpy()
    starts = [0, *(np.flatnonzero(np.diff(number)) + 1), len(number)] if len(number) else []
    return [(int(first), int(end)) for first, end in pairwise(starts)]


def _told(past: Floats, present: Floats) -> list[str]:
    """The regime of each row of `present` by a model of `past`."""
    centre, spread = past.mean(axis=0), past.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    model = GaussianMixture(COMPONENTS, random_state=0, reg_covar=1e-3)
    # So small a problem is slower on several threads than on one, tenfold on a busy machine.
    with threadpool_limits(1):
        model.fit((past - centre) / spread)
    names = [named(mean * spread + centre) for mean in model.means_]
    return [names[component] for component in model.predict((present - centre) / spread)]


def named(mean: Floats) -> str:
    """What a component is called, from its centre in the units of `features`."""
    move, _, volatility, growing = mean
    if move <= -0.4:
        return (Regime.CRISIS if volatility >= 0.3 else Regime.TRENDING_DOWN).value
    if move >= 0.4:
        return (Regime.BREAKOUT if growing >= 0.2 else Regime.TRENDING_UP).value
    return Regime.RANGING.value
