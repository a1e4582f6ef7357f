"""Any object as the answer of any hook: the checked answer or a PluginFailure in one line, whatever
the object does when it is looked at; never a stake, a score or a reason that is none."""

import inspect
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pluggy
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nija_plugins import answers, hookimpl, hookspecs
from nija_plugins.guard import Hooks, PluginFailure
from nija_plugins.view import Confidence, Family, Plan, Regime, Vote
from tests.fuzz.anything import json_values, scalars, texts
from tests.fuzz.depth import examples

INDEX = pd.RangeIndex(4)
CHECKS = {
    "nija_regime": answers.regimes(INDEX),
    "nija_votes": answers.votes(INDEX),
    "nija_score": answers.fractions(INDEX, "scores"),
    "nija_plan": answers.plan(INDEX),
    "nija_confidence": answers.confidence(INDEX),
    "nija_veto": answers.reason,
    "nija_stake": answers.stake,
    "nija_leverage": answers.leverage,
}
EVENTS = [name for name in vars(hookspecs) if name.startswith("nija_") and name not in CHECKS]


class Raising(BaseException):
    """What is no Exception, and must end the plugin's call all the same."""


def evil(kind: type[BaseException]) -> Any:
    """An object that raises whatever is done with it."""

    def fail(*_args: Any, **_more: Any) -> Any:
        raise kind("not so fast")

    names = [
        "__eq__",
        "__hash__",
        "__len__",
        "__iter__",
        "__bool__",
        "__repr__",
        "__str__",
        "__float__",
        "__int__",
        "__index__",
        "__lt__",
        "__gt__",
        "__le__",
        "__ge__",
        "__add__",
        "__mul__",
        "__format__",
        "__contains__",
        "__getitem__",
        "__array__",
        "__getattr__",
        "__copy__",
        "__deepcopy__",
    ]
    return type("Evil", (), dict.fromkeys(names, fail))()


class Liar(float):
    """A number that says it is another one."""

    def __float__(self) -> float:
        return float("nan")

    def __lt__(self, other: object) -> bool:
        return False


class OddSeries(pd.Series):
    """A table that lies about its length."""

    def __len__(self) -> int:
        return 4


evils = st.sampled_from((RuntimeError, SystemExit, Raising, RecursionError, ZeroDivisionError)).map(
    evil
)
indices = st.sampled_from(
    (
        INDEX,
        INDEX[::-1],
        pd.Index(list("abcd")),
        pd.Index([0, 0, 0, 0]),
        pd.Index([0.0, 1.0, 2.0, 3.0]),
        pd.MultiIndex.from_product([[0, 1], [0, 1]]),
        pd.date_range("2025", periods=4, tz="UTC"),
    )
)
dtypes = st.sampled_from(
    (
        *("float64", "float32", "float16", "int8", "uint64", "bool", "object", "str", "category"),
        *("complex128", "Int64", "Float64", "boolean", "datetime64[ns]", "timedelta64[ns]"),
        *("datetime64[ns, UTC]", "Sparse[float64]", "period[D]"),
    )
)


@st.composite
def series(draw: st.DrawFn) -> Any:
    """Of any dtype, index and length; values that may be none."""
    index = draw(indices)
    if draw(st.booleans()):
        index = index[: draw(st.integers(0, 4))]
    values = draw(
        st.lists(
            st.sampled_from((0, 1, 0.5, -0.0, 1.0000001, float("nan"), float("inf"), None))
            | scalars
            | evils
            | st.sampled_from(list(Regime)),
            min_size=len(index),
            max_size=len(index),
        )
    )
    kind = draw(st.sampled_from((pd.Series, OddSeries, pd.Series)))
    try:
        return kind(pd.Series(values, index=index, dtype=object).astype(draw(dtypes)))
    except BaseException:
        return pd.Series([0.5] * len(index), index=index)


bare = st.one_of(
    json_values,
    st.floats().map(Liar),
    st.decimals(),
    st.fractions(),
    st.complex_numbers(),
    st.binary(max_size=4),
    evils,
    series(),
    st.just(np.float64("nan")),
    st.just(np.array([0.5] * 4)),
    st.just(pd.DataFrame({"a": [0.5] * 4})),
    st.just(pd.NA),
    st.just(pd.NaT),
    st.just(lambda: 1.0),
    st.just(float),
)
parts = series() | bare
answers_of_any_kind = st.one_of(
    bare,
    st.lists(
        st.builds(Vote, texts | evils, st.sampled_from(list(Family)) | bare, parts), max_size=2
    ),
    st.builds(Plan, parts, parts, parts),
    st.builds(Confidence, parts, parts, st.none() | parts),
    st.lists(bare, max_size=3).map(tuple),
)


def hooks_of(hook: str, answer: Any) -> Hooks:
    """One plugin that gives this answer."""
    manager = pluggy.PluginManager("nija")
    manager.add_hookspecs(hookspecs)
    manager.register(SimpleNamespace(**{hook: hookimpl(lambda: answer)}), name="odd")
    return Hooks(manager)


def arguments(hook: str) -> dict[str, Any]:
    return dict.fromkeys(inspect.signature(getattr(hookspecs, hook)).parameters)


def in_one_line(failure: PluginFailure, hook: str) -> None:
    said = str(failure)
    assert said.startswith(f'Plugin "odd" failed in {hook}: ')
    assert said.isprintable() and len(said) < 700
    said.encode()


def fraction(found: Any) -> bool:
    return bool(
        isinstance(found, pd.Series)
        and found.dtype == float
        and found.index.equals(INDEX)
        and ((found >= 0) & (found <= 1) | found.isna()).all()
    )


SOUND = {
    "nija_regime": lambda found: set(found) <= {str(one) for one in Regime},
    "nija_votes": lambda found: all(
        isinstance(one.name, str) and one.family in Family and fraction(one.score) for one in found
    ),
    "nija_score": fraction,
    "nija_plan": lambda found: (
        fraction(found.stop) and fraction(found.trail) and not (found.target < 0).any()
    ),
    "nija_confidence": lambda found: fraction(found.rank) and fraction(found.win_probability),
    "nija_veto": lambda found: (
        isinstance(found, str) and bool(found.strip()) and found.isprintable()
    ),
    "nija_stake": lambda found: type(found) is float and isfinite(found) and found >= 0,
    "nija_leverage": lambda found: type(found) is float and isfinite(found) and found >= 1,
}


@examples(700, 20_000)
@given(st.sampled_from(sorted(CHECKS)), answers_of_any_kind)
@example("nija_stake", Liar(5.0))
@example("nija_stake", Decimal("sNaN"))
@example("nija_stake", 10**400)
@example("nija_stake", Fraction(1, 3))
@example("nija_votes", [Vote(["not text"], Family.TREND, pd.Series([0.5] * 4))])  # type: ignore[arg-type]
@example("nija_votes", [Vote("v", ["no family"], pd.Series([0.5] * 4))])  # type: ignore[arg-type]
@example("nija_votes", [Vote("v", "no family", pd.Series([0.5] * 4))])  # type: ignore[arg-type]
@example("nija_veto", "half a character: \ud800")
@example("nija_regime", pd.Series(["bull\nish" * 100] * 4))
def test_any_answer(hook: str, answer: Any) -> None:
    hooks = hooks_of(hook, answer)
    ((_, found),) = hooks.every(hook, CHECKS[hook], **arguments(hook))
    if isinstance(found, PluginFailure):
        in_one_line(found, hook)
        hooks.report(found)
        with pytest.raises(PluginFailure):
            hooks.first(hook, CHECKS[hook], **arguments(hook))
    else:
        assert found is None or SOUND[hook](found)


@examples(100, 3000)
@given(st.sampled_from(EVENTS), answers_of_any_kind)
def test_any_answer_to_an_event(hook: str, answer: Any) -> None:
    hooks = hooks_of(hook, answer)
    assert hooks.tell(hook, **arguments(hook)) is (answer is None)
    if answer is not None:
        assert hooks.failure is not None
        in_one_line(hooks.failure, hook)


@examples(60, 2000)
@given(st.sampled_from([*CHECKS, *EVENTS]), answers_of_any_kind)
def test_tracing_survives_them(hook: str, answer: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NIJA_TRACE_PLUGINS", "1")
        hooks = hooks_of(hook, answer)
    list(hooks.every(hook, lambda found: found, **dict.fromkeys(arguments(hook), answer)))


@examples(100, 3000)
@given(st.sampled_from(sorted(CHECKS)), st.sampled_from((Raising, SystemExit, ValueError)), texts)
def test_any_exception(hook: str, kind: type[BaseException], text: str) -> None:
    manager = pluggy.PluginManager("nija")
    manager.add_hookspecs(hookspecs)

    def fail() -> None:
        raise kind(text)

    manager.register(SimpleNamespace(**{hook: hookimpl(fail)}), name="odd")
    ((_, found),) = Hooks(manager).every(hook, CHECKS[hook], **arguments(hook))
    assert isinstance(found, PluginFailure)
    in_one_line(found, hook)
