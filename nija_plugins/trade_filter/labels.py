"""What a plan would have made of each candidate: the strategy's own exits, both fees included.

The triple barrier of López de Prado (Advances in Financial Machine Learning, 2018, ch. 3) with the
barriers NIJA really has: the planned stop, the stop trailed behind the highest close, and the time
stop. There is no target: nothing in NIJA sells at one.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from nija_plugins.signals.indicators import Floats


@dataclass(frozen=True, slots=True)
class Outcomes:
    """One entry per candidate. `left` is the position of the candle in which the trade ended,
    `price` what it was left at (stake currency per unit of base), `r` the net result in units of
    what the planned stop would have lost; -1 and NaN where the candles end before the trade."""

    left: npt.NDArray[np.int64]
    price: Floats
    r: Floats


def outcomes(
    candles: pd.DataFrame,
    signals: npt.NDArray[np.int64],
    stop: Floats,
    trail: Floats,
    *,
    fee: float,
    longest: int,
) -> Outcomes:
    """The trades entered at the open after each of the candles at the positions `signals`.

    `candles` are consecutive hours with open, low and close; `stop` and `trail` are fractions, one
    per signal; `fee` is the fraction paid on each side; `longest` is the time stop in candles.

    As in freqtrade's backtest: a candle that opens at or below the stop is left at its open, one
    whose low reaches it at the stop; the trail follows closes of candles that had ended.
    """
    entered = signals + 1
    opened, low, close = (_padded(candles[n], longest + 2) for n in ("open", "low", "close"))
    path = entered[:, None] + np.arange(longest + 1)
    paid = opened[entered]
    planned = paid * (1 - stop)
    best = np.fmax.accumulate(close[path], axis=1)[:, :-1]
    level = np.empty(path.shape)
    level[:, 0] = planned
    level[:, 1:] = np.fmax(planned[:, None], best * (1 - trail[:, None]))
    opens = opened[path]
    gapped = opens <= level
    gapped[:, -1] = np.isfinite(opens[:, -1])  # time is up: out at the open
    reached = gapped | (low[path] <= level)
    ended = reached.any(axis=1)
    last = reached.argmax(axis=1)
    row = np.arange(len(entered))
    price = np.where(gapped[row, last], opens[row, last], level[row, last])
    net = price / paid * (1 - fee) - (1 + fee)
    at_risk = (1 + fee) - (1 - stop) * (1 - fee)
    return Outcomes(
        left=np.where(ended, entered + last, -1),
        price=np.where(ended, price, np.nan),
        r=np.where(ended, net / at_risk, np.nan),
    )


def _padded(values: pd.Series, more: int) -> Floats:
    """The values and `more` unknown ones."""
    return np.concatenate([values.to_numpy(dtype=float), np.full(more, np.nan)])
