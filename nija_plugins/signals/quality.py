"""Candles that cannot be trusted, each with a sentence saying why."""

import numpy as np
import pandas as pd

JUMP = 0.6
"""A move away from the last close within one candle, as a fraction, that no market makes."""
SILENCE = 4
"""Candles without a single trade that make the market count as not trading: one 4h bar."""
SHADOW = 24
"""Candles for which a broken one keeps casting doubt on the signals after it, itself included."""

SENTENCES = np.array(
    [
        None,
        f"No trade took place in the last {SILENCE} candles: they were filled in, not traded.",
        f"A candle of the last {SHADOW} moved more than {JUMP:.0%} away from the one before it.",
        f"A candle of the last {SHADOW} has a volume that is missing or negative.",
        f"A candle of the last {SHADOW} contradicts itself: its high and low do not enclose its "
        "open and close.",
        f"A candle of the last {SHADOW} has a price that is missing or not above zero.",
    ],
    dtype=object,
)
"""By severity; the gravest is told."""


def candle_problem(dataframe: pd.DataFrame) -> pd.Series:
    """A sentence per row whose candles cannot be trusted, else None."""
    names = ["open", "high", "low", "close", "volume"]
    opened, high, low, close, volume = (dataframe[n].to_numpy(dtype=float) for n in names)
    prices = np.stack([opened, high, low, close])
    before = pd.Series(close).shift(1).to_numpy()
    flaws = [
        (high > before * (1 + JUMP)) | (low < before * (1 - JUMP)),
        ~(np.isfinite(volume) & (volume >= 0)),
        (high < prices.max(axis=0)) | (low > prices.min(axis=0)),
        ~(np.isfinite(prices) & (prices > 0)).all(axis=0),
    ]
    worst = np.zeros(len(dataframe))
    for severity, flaw in enumerate(flaws, start=2):
        worst[flaw] = severity
    shadow = pd.Series(worst).rolling(SHADOW, min_periods=1).max()
    silent = pd.Series(volume == 0).rolling(SILENCE).sum() == SILENCE
    severity_of_row = np.maximum(shadow.to_numpy(), silent.to_numpy().astype(float)).astype(int)
    return pd.Series(SENTENCES[severity_of_row], index=dataframe.index, dtype=object)
