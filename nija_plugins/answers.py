"""What each hook may answer. Each check returns the answer as its caller wants it, or raises
ValueError with what is wrong, in words a plugin author understands."""

from decimal import Decimal
from math import isfinite
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from nija_plugins.brief import brief, sentence
from nija_plugins.guard import Check
from nija_plugins.view import Confidence, Family, Plan, Regime, Vote


def stake(answer: Any) -> float:
    """A finite number ≥ 0, in stake currency."""
    number = _number(answer, "a stake")
    if number < 0:
        raise ValueError(f"a stake must not be negative, got {number}")
    return number


def leverage(answer: Any) -> float:
    """A finite multiple ≥ 1."""
    number = _number(answer, "a leverage")
    if number < 1:
        raise ValueError(f"a leverage is at least 1, got {number}")
    return number


def reason(answer: Any) -> str:
    """A sentence, on one line and without secrets: it is logged and kept."""
    if not isinstance(answer, str) or not answer.strip():
        raise ValueError(f"a veto is a sentence or None, got {brief(answer)}")
    return sentence(answer)


def regimes(index: pd.Index) -> Check:
    """A Series of Regime names over `index`."""

    def check(answer: Any) -> pd.Series:
        series = _series(answer, index, "regimes")
        unknown = set(series.unique()) - {str(regime) for regime in Regime}
        if unknown:
            raise ValueError(f"not regimes: {sorted(map(str, unknown))}; known: {list(Regime)}")
        return series.astype(object)

    return check


def fractions(index: pd.Index, what: str) -> Check:
    """A numeric Series over `index` with values in [0, 1]; NaN is "cannot tell"."""

    def check(answer: Any) -> pd.Series:
        series = _numeric(answer, index, what)
        values = series.to_numpy()
        if ((values < 0) | (values > 1)).any():
            raise ValueError(f"{what} must lie in [0, 1], got {series.min()} to {series.max()}")
        return series

    return check


def votes(index: pd.Index) -> Check:
    """A list of Vote whose scores are fractions over `index`."""

    def check(answer: Any) -> list[Vote]:
        if not isinstance(answer, list) or not all(isinstance(vote, Vote) for vote in answer):
            raise ValueError(f"votes are a list of Vote, got {brief(answer)}")
        for vote in answer:
            if not isinstance(vote.name, str):
                raise ValueError(f"a vote's name is text, got {brief(vote.name)}")
            if not isinstance(vote.family, str) or vote.family not in set(Family):
                raise ValueError(f"not a family: {brief(vote.family)}; known: {list(Family)}")
        return [
            Vote(v.name, v.family, fractions(index, f'the score of vote "{v.name}"')(v.score))
            for v in answer
        ]

    return check


def plan(index: pd.Index) -> Check:
    """A Plan of positive Series over `index`; stop and trail below 1."""

    def check(answer: Any) -> Plan:
        if not isinstance(answer, Plan):
            raise ValueError(f"a plan is a Plan, got {brief(answer)}")
        found = Plan(
            stop=fractions(index, "stop distances")(answer.stop),
            target=_numeric(answer.target, index, "target distances"),
            trail=fractions(index, "trail distances")(answer.trail),
        )
        if (found.target < 0).any():
            raise ValueError(f"target distances must not be negative, got {found.target.min()}")
        return found

    return check


def confidence(index: pd.Index) -> Check:
    """A Confidence of fractions over `index`; a doubt is a sentence or None per row."""

    def check(answer: Any) -> Confidence:
        if not isinstance(answer, Confidence):
            raise ValueError(f"a confidence is a Confidence, got {brief(answer)}")
        doubt = answer.doubt
        if doubt is not None:
            doubt = _sentences(_series(doubt, index, "doubts"))
        return Confidence(
            rank=fractions(index, "ranks")(answer.rank),
            win_probability=fractions(index, "win probabilities")(answer.win_probability),
            doubt=doubt,
        )

    return check


def _number(answer: Any, what: str) -> float:
    # By kind, not by trying float(): that also takes text, truth values and arrays of one number.
    if isinstance(answer, bool) or not isinstance(answer, Real | Decimal):
        raise ValueError(f"{what} is a number, got {brief(answer)}")
    number = float(answer)
    if not isfinite(number):
        raise ValueError(f"{what} must be finite, got {number}")
    return number


def _series(answer: Any, index: pd.Index, what: str) -> pd.Series:
    if not isinstance(answer, pd.Series):
        raise ValueError(f"{what} are a pandas Series, got {brief(answer)}")
    if len(answer) != len(index):
        raise ValueError(f"{what} have {len(answer)} rows, the dataframe has {len(index)}")
    if not answer.index.equals(index):
        raise ValueError(f"{what} have another index than the dataframe")
    return answer


def _sentences(doubts: pd.Series) -> pd.Series:
    """Each sentence fit for a log; a few of them fill thousands of rows, so each is looked at once.
    Raises ValueError for what is no text."""
    codes, distinct = pd.factorize(doubts.astype(object))
    if not all(isinstance(one, str) for one in distinct):
        raise ValueError("doubts are sentences or None")
    told = np.array([*map(sentence, distinct), None], dtype=object)
    return pd.Series(told[codes], index=doubts.index, dtype=object)  # code -1, no doubt, is last


def _numeric(answer: Any, index: pd.Index, what: str) -> pd.Series:
    series = _series(answer, index, what)
    if not pd.api.types.is_numeric_dtype(series) or pd.api.types.is_bool_dtype(series):
        raise ValueError(f"{what} must be numbers, got {series.dtype}")
    series = series.astype(float)
    if np.isinf(series.to_numpy()).any():
        raise ValueError(f"{what} must be finite")
    return series
