"""Turns candles into NIJA's columns: regime → votes → score → plan → confidence.

| column | meaning |
|---|---|
| nija_regime | a `Regime` name |
| nija_score | the ensemble's score in [0, 1] |
| nija_stop, nija_target, nija_trail | the plan, fractions of the price |
| nija_confidence | the AI filter's rank in [0, 1], NaN without a filter or when it cannot tell |
| nija_win_prob | the AI filter's probability that the trade pays for itself, in [0, 1] or NaN |
| nija_doubt | a sentence where the AI filter cannot tell, else None |
| nija_volatility | standard deviation of daily returns, a fraction |
| nija_problem | a sentence where the candles cannot be trusted, else None |
| nija_candidate | True where a signal may become an entry |
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from nija_plugins import answers
from nija_plugins.bars import decision_rows
from nija_plugins.candles.past import Past
from nija_plugins.guard import Hooks, PluginFailure
from nija_plugins.settings import Settings
from nija_plugins.signals.quality import candle_problem
from nija_plugins.signals.volatility import daily_volatility
from nija_plugins.view import Confidence, Plan, Regime, Vote

NEAR_MISS = 2 / 3
"""Signals from this share of min_signal_score on become candidates: those below the minimum are
refused by name, so that the log tells how near they came."""

COLUMNS = (
    "nija_regime",
    "nija_score",
    "nija_stop",
    "nija_target",
    "nija_trail",
    "nija_confidence",
    "nija_win_prob",
    "nija_doubt",
    "nija_volatility",
    "nija_problem",
    "nija_candidate",
)


UNKNOWN = "The AI filter does not know, and does not say why."


def add_view(
    dataframe: pd.DataFrame,
    pair: str,
    hooks: Hooks,
    settings: Settings,
    past: Past | None = None,
) -> pd.DataFrame:
    """`dataframe` with NIJA's columns. A failing plugin leaves it without candidates.

    `past` knows what a filter may learn from; None: the dataframe alone, at no fee.
    """
    index = dataframe.index
    try:
        regime = _regime(dataframe, pair, hooks, settings)
        score = _score(dataframe, pair, regime, hooks, settings)
        plan = _plan(dataframe, pair, hooks, settings)
        confidence = _confidence(dataframe, pair, plan, hooks, settings, past)
    except PluginFailure as failure:
        hooks.report(failure)
        regime, score, confidence = _unknown(index), _nan(index), _no_filter(index)
        plan = Plan(stop=_nan(index), target=_nan(index), trail=_nan(index))
    view = pd.DataFrame(
        {
            "nija_regime": regime,
            "nija_score": score,
            "nija_stop": plan.stop,
            "nija_target": plan.target,
            "nija_trail": plan.trail,
            "nija_confidence": confidence.rank,
            "nija_win_prob": confidence.win_probability,
            "nija_doubt": confidence.doubt,
            "nija_volatility": daily_volatility(dataframe),
            "nija_problem": candle_problem(dataframe),
        },
        index=index,
    )
    view["nija_candidate"] = (
        decision_rows(dataframe)
        & (view["nija_score"] >= settings.min_signal_score * NEAR_MISS)
        & (plan.stop > 0)
        & (plan.target > 0)
        & (plan.trail > 0)
    )
    return pd.concat([dataframe, view], axis=1)


def _regime(dataframe: pd.DataFrame, pair: str, hooks: Hooks, settings: Settings) -> pd.Series:
    if not settings.market_regime_engine:
        return _unknown(dataframe.index)
    check = answers.regimes(dataframe.index)
    found = hooks.first("nija_regime", check, dataframe=dataframe, pair=pair, settings=settings)
    return _unknown(dataframe.index) if found is None else found


def _score(
    dataframe: pd.DataFrame, pair: str, regime: pd.Series, hooks: Hooks, settings: Settings
) -> pd.Series:
    votes: list[Vote] = []
    check = answers.votes(dataframe.index)
    for _, answer in hooks.every(
        "nija_votes", check, dataframe=dataframe, pair=pair, settings=settings
    ):
        if isinstance(answer, PluginFailure):
            raise answer
        votes.extend(answer or [])
    if not votes:
        return _nan(dataframe.index)
    in_unit = answers.fractions(dataframe.index, "scores")
    found = hooks.first("nija_score", in_unit, votes=votes, regime=regime, settings=settings)
    return _nan(dataframe.index) if found is None else found


def _plan(dataframe: pd.DataFrame, pair: str, hooks: Hooks, settings: Settings) -> Plan:
    index = dataframe.index
    check = answers.plan(index)
    found = hooks.first("nija_plan", check, dataframe=dataframe, pair=pair, settings=settings)
    return found or Plan(stop=_nan(index), target=_nan(index), trail=_nan(index))


def _confidence(
    dataframe: pd.DataFrame,
    pair: str,
    plan: Plan,
    hooks: Hooks,
    settings: Settings,
    past: Past | None,
) -> Confidence:
    """What the filter says; without one, nothing, and nothing is doubted."""
    index = dataframe.index
    if not settings.ai_trade_filter or not hooks.served("nija_confidence"):
        return _no_filter(index)
    past = past or Past()
    found = hooks.first(
        "nija_confidence",
        answers.confidence(index),
        dataframe=dataframe,
        pair=pair,
        history=past.history(dataframe, pair, plan, hooks, settings),
        settings=settings,
    )
    if found is None:
        nobody = f"No loaded AI filter has an opinion on {pair}."
        return Confidence(_nan(index), _nan(index), pd.Series(nobody, index=index, dtype=object))
    said: Confidence = found
    # Unknown without a reason would look like "no filter": nothing may be entered on it.
    unknown = said.rank.isna().to_numpy()
    doubt = np.full(len(index), None, dtype=object)
    doubt[unknown] = UNKNOWN
    if said.doubt is not None:
        explained = unknown & said.doubt.notna().to_numpy()
        doubt[explained] = said.doubt.to_numpy()[explained]
    return replace(said, doubt=pd.Series(doubt, index=index, dtype=object))


def _no_filter(index: pd.Index) -> Confidence:
    return Confidence(_nan(index), _nan(index), pd.Series(None, index=index, dtype=object))


def _nan(index: pd.Index) -> pd.Series:
    return pd.Series(float("nan"), index=index, dtype=float)


def _unknown(index: pd.Index) -> pd.Series:
    return pd.Series(str(Regime.UNKNOWN), index=index, dtype=object)
