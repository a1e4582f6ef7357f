"""The guard: whoever raises or answers nonsense is named, and gives no answer."""

import inspect
import logging
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pluggy
import pytest

from nija_plugins import answers, hookimpl, hookspecs
from nija_plugins.guard import LATE_SECONDS, Hooks, PluginFailure
from nija_plugins.view import Family, Plan, Vote

INDEX = pd.RangeIndex(4)
GOOD = pd.Series([0.0, 0.5, 1.0, np.nan], index=INDEX)


def hooks_of(**functions) -> Hooks:
    """Hooks of one plugin per keyword `plugin__hook`."""
    manager = pluggy.PluginManager("nija")
    manager.add_hookspecs(hookspecs)
    for key, function in functions.items():
        plugin, _, hook = key.partition("__")
        manager.register(SimpleNamespace(**{hook: hookimpl(function)}), name=plugin)
    return Hooks(manager)


GIVEN = {"request": None, "account": None, "settings": None, "tier": None}


def test_the_last_registered_plugin_answers_first() -> None:
    hooks = hooks_of(ours__nija_stake=lambda: 1.0, theirs__nija_stake=lambda: 2.0)
    assert hooks.first("nija_stake", answers.stake, **GIVEN) == 2.0


def test_no_opinion_passes_on() -> None:
    hooks = hooks_of(ours__nija_stake=lambda: 1.0, theirs__nija_stake=lambda: None)
    assert hooks.first("nija_stake", answers.stake, **GIVEN) == 1.0
    assert hooks_of().first("nija_stake", answers.stake, **GIVEN) is None


@pytest.mark.parametrize(
    "nonsense",
    [
        float("nan"),
        float("inf"),
        -1,
        "10",
        True,
        [],
        object(),
        pd.Series([20.0]),
        np.array(20.0),
        np.float64("nan"),
    ],
)
def test_a_stake_that_is_no_amount_is_a_failure_not_the_next_plugins_turn(nonsense) -> None:
    hooks = hooks_of(ours__nija_stake=lambda: 1.0, theirs__nija_stake=lambda: nonsense)
    with pytest.raises(PluginFailure, match=r'"theirs".*nija_stake'):
        hooks.first("nija_stake", answers.stake, **GIVEN)


def test_a_plugin_that_raises_is_named() -> None:
    def explode() -> float:
        raise KeyError("cash")

    with pytest.raises(PluginFailure, match=r'"theirs".*nija_stake.*KeyError'):
        hooks_of(theirs__nija_stake=explode).first("nija_stake", answers.stake, **GIVEN)


def test_every_veto_is_asked_even_when_one_fails() -> None:
    hooks = hooks_of(
        a__nija_veto=lambda: "no", b__nija_veto=lambda: 1 / 0, c__nija_veto=lambda: None
    )
    found = dict(hooks.every("nija_veto", answers.reason, **GIVEN))
    assert found["a"] == "no"
    assert isinstance(found["b"], PluginFailure)
    assert found["c"] is None


@pytest.mark.parametrize("nonsense", [False, 0, float("nan"), "", "  ", ["no"]])
def test_a_veto_is_a_sentence_or_none(nonsense) -> None:
    hooks = hooks_of(a__nija_veto=lambda: nonsense)
    ((_, answer),) = hooks.every("nija_veto", answers.reason, **GIVEN)
    assert isinstance(answer, PluginFailure)


def test_events_go_on_after_a_failure_and_say_it_once(caplog) -> None:
    heard = []

    def listen(account) -> None:
        heard.append(account)

    hooks = hooks_of(a__nija_equity=listen, b__nija_equity=lambda: 1 / 0)
    with caplog.at_level(logging.ERROR):
        assert not hooks.tell("nija_equity", account="x")
        assert not hooks.tell("nija_equity", account="y")
    assert heard == ["x", "y"]
    assert len([r for r in caplog.records if '"b" failed in nija_equity' in r.message]) == 1


def test_a_failure_lasts_until_a_loop_in_which_the_plugin_was_asked_and_answered() -> None:
    broken = [True]

    def listen() -> None:
        if broken[0]:
            raise RuntimeError

    hooks = hooks_of(a__nija_equity=listen)
    hooks.tell("nija_equity", account="x")
    assert list(hooks.failing) == ["plugin a: nija_equity"]
    hooks.begin_loop()
    assert hooks.failing, "nobody asked it"
    broken[0] = False
    hooks.tell("nija_equity", account="x")
    assert hooks.failing, "within one loop it may fail for another pair"
    hooks.begin_loop()
    assert not hooks.failing


def test_what_failed_before_a_start_goes_on_failing_until_it_was_asked() -> None:
    hooks = hooks_of(a__nija_equity=lambda: None, b__nija_run_started=lambda: None)
    lasting = {"plugin a: nija_equity", "plugin b: nija_run_started", "plugin gone: nija_veto"}
    hooks.go_on_failing(lasting)
    assert list(hooks.failing) == ["plugin a: nija_equity"]
    hooks.begin_loop()
    assert hooks.failing
    hooks.tell("nija_equity", account="x")
    hooks.begin_loop()
    assert not hooks.failing


def test_tracing_says_who_was_called_with_what_and_answered_what(monkeypatch, caplog) -> None:
    monkeypatch.setenv("NIJA_TRACE_PLUGINS", "1")
    hooks = hooks_of(ours__nija_stake=lambda request: 2.5)
    with caplog.at_level(logging.INFO):
        hooks.first("nija_stake", answers.stake, **{**GIVEN, "request": "BTC/USD at 60000"})
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("ours: nija_stake(request='BTC/USD at 60000') → 2.5 in ")
    assert line.endswith(" ms")


def test_nothing_is_traced_unasked(caplog) -> None:
    with caplog.at_level(logging.INFO):
        hooks_of(ours__nija_stake=lambda: 2.5).first("nija_stake", answers.stake, **GIVEN)
    assert not caplog.records


class Sleeper:
    """A clock, and a plugin's function that takes `seconds` on it."""

    def __init__(self, seconds: float, answer=None, inner=lambda: None) -> None:
        self.now, self.seconds, self.answer, self.inner = 0.0, seconds, answer, inner

    def __call__(self):
        self.inner()
        self.now += self.seconds
        return self.answer


@pytest.mark.parametrize(("hook", "slow"), [("nija_equity", 1.0), ("nija_regime", 30.0)])
def test_a_slow_plugin_is_named_once(monkeypatch, caplog, hook, slow) -> None:
    given = dict.fromkeys(arguments_of(hook))
    for seconds, named in ((slow, 0), (slow + 0.1, 1)):
        sleeper = Sleeper(seconds)
        monkeypatch.setattr("nija_plugins.guard.perf_counter", lambda s=sleeper: s.now)
        hooks = hooks_of(**{f"ours__{hook}": lambda s=sleeper: s()})
        for _ in range(3):
            hooks.first(hook, lambda found: found, **given)
        assert [f'"ours" is slow: {hook}' in r.getMessage() for r in caplog.records] == [
            True
        ] * named


@pytest.mark.parametrize("hook", LATE_SECONDS)
def test_every_hook_has_a_limit_and_keeps_it_to_the_second(monkeypatch, caplog, hook) -> None:
    given = dict.fromkeys(arguments_of(hook))
    for seconds, late in ((LATE_SECONDS[hook], False), (LATE_SECONDS[hook] + 0.1, True)):
        sleeper = Sleeper(seconds)
        monkeypatch.setattr("nija_plugins.guard.perf_counter", lambda s=sleeper: s.now)
        ((_, answer),) = hooks_of(**{f"a__{hook}": lambda s=sleeper: s()}).every(
            hook, lambda found: found, **given
        )
        assert isinstance(answer, PluginFailure) is late
    assert str(answer) == f'Plugin "a" failed in {hook}: it took longer than {seconds - 0.1:g} s'


def arguments_of(hook: str) -> tuple[str, ...]:
    return tuple(inspect.signature(getattr(hookspecs, hook)).parameters)


def test_the_limits_are_those_of_the_specification() -> None:
    assert set(LATE_SECONDS) == {name for name in vars(hookspecs) if name.startswith("nija_")}


def test_who_calls_a_slow_plugin_is_not_slow(monkeypatch, caplog) -> None:
    """NIJA's scaling tells of the new tier from within its own nija_equity."""
    slow = Sleeper(60)
    monkeypatch.setattr("nija_plugins.guard.perf_counter", lambda: slow.now)
    told = dict.fromkeys(("old", "new", "account"))
    hooks: list[Hooks] = []

    def announce() -> None:
        hooks[0].tell("nija_tier_changed", **told)

    hooks.append(hooks_of(a__nija_tier_changed=lambda: slow(), b__nija_equity=announce))  # noqa: PLW0108
    assert hooks[0].tell("nija_equity", account=None)
    assert hooks[0].failure is not None
    assert hooks[0].failure.plugin == "a"
    assert not any('"b"' in record.getMessage() for record in caplog.records)


def test_a_plugin_that_wants_to_end_the_bot_does_not(caplog) -> None:
    """Nobody would watch the stops. A person's Ctrl-C is another matter."""
    given = {"account": None}
    assert not hooks_of(a__nija_equity=lambda: sys.exit(1)).tell("nija_equity", **given)

    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hooks_of(a__nija_equity=interrupted).tell("nija_equity", **given)


@pytest.mark.parametrize("answer", [float("nan"), -1, "ok", True, 0, [], pd.Series([0.5])])
def test_an_event_that_answers_has_misunderstood(answer) -> None:
    hooks = hooks_of(a__nija_equity=lambda: answer)
    assert not hooks.tell("nija_equity", account=None)
    assert "an event is told, not asked" in str(hooks.failure)


def plan(**changes) -> Plan:
    return Plan(**({"stop": GOOD, "target": GOOD, "trail": GOOD} | changes))


@pytest.mark.parametrize(
    ("check", "good"),
    [
        (answers.fractions(INDEX, "scores"), GOOD),
        (answers.regimes(INDEX), pd.Series(["ranging"] * 4, index=INDEX)),
        (answers.votes(INDEX), [Vote("v", Family.TREND, GOOD)]),
        (answers.plan(INDEX), plan(target=GOOD * 3)),
        (answers.leverage, 2),
    ],
)
def test_good_answers_pass(check, good) -> None:
    check(good)


@pytest.mark.parametrize(
    ("check", "nonsense"),
    [
        (answers.fractions(INDEX, "scores"), GOOD.iloc[:3]),
        (answers.fractions(INDEX, "scores"), GOOD.set_axis([1, 2, 3, 4])),
        (answers.fractions(INDEX, "scores"), GOOD * 2),
        (answers.fractions(INDEX, "scores"), -GOOD),
        (answers.fractions(INDEX, "scores"), GOOD.to_numpy()),
        (answers.fractions(INDEX, "scores"), GOOD.astype(str)),
        (answers.fractions(INDEX, "scores"), GOOD > 0),
        (answers.fractions(INDEX, "scores"), GOOD.replace(1.0, np.inf)),
        (answers.regimes(INDEX), pd.Series(["bullish"] * 4, index=INDEX)),
        (answers.regimes(INDEX), pd.Series([np.nan] * 4, index=INDEX)),
        (answers.votes(INDEX), Vote("v", Family.TREND, GOOD)),
        (answers.votes(INDEX), [GOOD]),
        (answers.votes(INDEX), [Vote("v", Family.TREND, GOOD.iloc[1:])]),
        (answers.plan(INDEX), (GOOD, GOOD, GOOD)),
        (answers.plan(INDEX), plan(stop=GOOD * 2)),
        (answers.plan(INDEX), plan(target=-GOOD)),
        (answers.leverage, 0.5),
    ],
)
def test_nonsense_is_refused(check, nonsense) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        check(nonsense)
