"""The AI filter: how likely does a candidate pay for itself, and how does it rank?

Meta-labelling (López de Prado, 2018, ch. 3.6): the votes say when to enter, this says how much to
trust it. The same function with the same windows serves backtest and live.
"""

import numpy as np
import pandas as pd

from nija_plugins import hookimpl
from nija_plugins.bars import four_hour_bars, onto_base
from nija_plugins.candles.history import History
from nija_plugins.trade_filter.features import features
from nija_plugins.trade_filter.samples import HOUR, seconds
from nija_plugins.trade_filter.training import NotEnough, Trainer
from nija_plugins.trade_filter.windows import windows_between
from nija_plugins.view import Confidence

UNKNOWN = "The AI filter cannot tell: candles before this one are missing or broken."


@hookimpl
def nija_confidence(dataframe: pd.DataFrame, pair: str, history: History) -> Confidence:
    """Rank and win probability per 1h candle, each that of the last completed 4h bar."""
    bars = four_hour_bars(dataframe)
    table = features(bars)
    known = table.notna().all(axis=1).to_numpy()
    rank, chance = np.full(len(bars), np.nan), np.full(len(bars), np.nan)
    doubt = np.where(known, None, UNKNOWN).astype(object)  # type: ignore[call-overload]
    if known.any():
        # A bar is judged by the model of the quarter in which its trade would be entered.
        entered = seconds(dataframe["date"])[dataframe.index.get_indexer(bars.index)] + HOUR
        first, last = (
            pd.Timestamp(int(moment), unit="s", tz="UTC") for moment in entered[known][[0, -1]]
        )
        windows = windows_between(first, last, history.time_stop)
        trainer = Trainer(history, pair, until=windows[-1].opens)
        for window in windows:
            inside = (entered >= window.opens.timestamp()) & (entered < window.closes.timestamp())
            try:
                model = trainer.model(window)
            except NotEnough as reason:
                doubt[inside & known] = str(reason)
                continue
            chosen = np.flatnonzero(inside & known)
            if len(chosen):
                scores = model.score(table.to_numpy()[chosen])
                rank[chosen], chance[chosen] = model.rank(scores), model.win_probability(scores)

    def on_base(values: np.ndarray) -> pd.Series:
        return onto_base(pd.Series(values, index=bars.index), dataframe)

    return Confidence(rank=on_base(rank), win_probability=on_base(chance), doubt=on_base(doubt))
