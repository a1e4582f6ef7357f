"""Calls hooks so that no plugin can cost money by failing.

freqtrade swallows an exception in a callback and takes its default: the full proposed stake, the
entry confirmed. So every hook is called from here, one plugin at a time: whoever raises or answers
nonsense is named, and the caller learns of it as a `PluginFailure` instead of an answer.
"""

import logging
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import pandas as pd
import pluggy

from nija_plugins.brief import brief, told

logger = logging.getLogger(__name__)

TRACE = "NIJA_TRACE_PLUGINS"
"""Environment variable: 1 logs every call of every plugin."""

SLOW_SECONDS = 1.0
"""A call that takes longer is named in the log, once per plugin and hook; where a model may be
fitted, one that takes longer than a twentieth of its limit."""

LATE_SECONDS: Mapping[str, float] = {
    # Fitting a model may take minutes; a signal older than 10 of them is not entered anyway.
    "nija_regime": 600.0,
    "nija_votes": 600.0,
    "nija_score": 600.0,
    "nija_plan": 600.0,
    "nija_confidence": 600.0,
    # An answer about money that took longer speaks of a price that is gone.
    "nija_veto": 5.0,
    "nija_stake": 5.0,
    "nija_leverage": 5.0,
    # Before the first loop; a model may be loaded.
    "nija_run_started": 600.0,
    # While these take their time no stop is watched.
    "nija_equity": 5.0,
    "nija_tier_changed": 5.0,
    "nija_entry_refused": 5.0,
    "nija_entry_filled": 5.0,
    "nija_exit_filled": 5.0,
}
"""Per hook, how long one call may take; longer, and it has failed, whatever it answers."""

TABLES = (pd.DataFrame, pd.Series)

Check = Callable[[Any], Any]
"""Returns the answer in the form the caller wants; raises ValueError saying what is wrong."""


class PluginFailure(Exception):
    """A plugin raised, answered something a hook does not allow, or took too long."""

    def __init__(self, plugin: str, hook: str, what: str) -> None:
        super().__init__(f'Plugin "{plugin}" failed in {hook}: {what}')
        self.plugin = plugin
        self.hook = hook


@dataclass(frozen=True, slots=True)
class Implementation:
    """One plugin's function for one hook."""

    plugin: str
    function: Callable[..., Any]
    arguments: tuple[str, ...]

    def call(self, hook: str, given: Mapping[str, Any], check: Check) -> Any:
        """The checked answer, None for "no opinion". Raises PluginFailure."""
        try:
            answer = self.function(*[_own(given[name]) for name in self.arguments])
            return None if answer is None else check(answer)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # sys.exit() too: a bot that ends watches no stops
            raise PluginFailure(self.plugin, hook, told(error)) from error

    def described(self, given: Mapping[str, Any]) -> str:
        """The arguments of a call, each cut to a few words."""
        return ", ".join(f"{name}={brief(given[name])}" for name in self.arguments)


class Hooks:
    """The hooks of one plugin manager, called under guard, in pluggy's order (last comes first)."""

    def __init__(self, manager: pluggy.PluginManager) -> None:
        self._implementations: dict[str, tuple[Implementation, ...]] = {
            name: tuple(
                Implementation(found.plugin_name, found.function, tuple(found.argnames))
                for found in reversed(caller.get_hookimpls())
            )
            for name, caller in vars(manager.hook).items()
            if isinstance(caller, pluggy.HookCaller)
        }
        self._reported: set[str] = set()
        self._slow: set[tuple[str, str]] = set()
        self._within = 0.0
        self.failure: PluginFailure | None = None
        """The last failure since `begin_loop`: a loop in which a plugin failed enters nothing."""
        self.failing: dict[str, str] = {}
        """Which plugin fails in which hook at present, with what it did: until a loop in which it
        was asked and did not fail."""
        self._failed: set[str] = set()
        self._worked: set[str] = set()
        self._tracing = os.environ.get(TRACE) == "1"

    def begin_loop(self) -> None:
        """A new loop: what failed in the last one may work again."""
        self.failure = None
        if self.failing:
            for cause in self._worked - self._failed:
                self.failing.pop(cause, None)
            self._worked.clear()
            self._failed.clear()

    def go_on_failing(self, causes: Collection[str]) -> None:
        """`causes` failed before this start and nobody has asked those plugins since: they have not
        cleared. A start itself is asked anew every time."""
        for hook, implementations in self._implementations.items():
            for one in implementations:
                cause = _cause(one.plugin, hook)
                if cause in causes and hook != "nija_run_started":
                    self.failing.setdefault(cause, f'Plugin "{one.plugin}" failed in {hook}.')

    def served(self, hook: str) -> bool:
        """Whether any plugin implements `hook`."""
        return bool(self._implementations[hook])

    def first(self, hook: str, check: Check, **given: Any) -> Any:
        """The first answer that is not None, or None. Raises PluginFailure at the first failure:
        a broken plugin must not be papered over by the next one."""
        for implementation in self._implementations[hook]:
            answer = self._timed(implementation, hook, given, check)
            if answer is not None:
                return answer
        return None

    def every(self, hook: str, check: Check, **given: Any) -> Iterator[tuple[str, Any]]:
        """Each plugin's name with its answer, or with the PluginFailure it caused."""
        for implementation in self._implementations[hook]:
            try:
                yield implementation.plugin, self._timed(implementation, hook, given, check)
            except PluginFailure as failure:
                yield implementation.plugin, failure

    def tell(self, hook: str, **given: Any) -> bool:
        """Tells every plugin, whoever fails; False, and a line in the log, when one did."""
        failures = [
            answer
            for _, answer in self.every(hook, _nothing, **given)
            if isinstance(answer, PluginFailure)
        ]
        for failure in failures:
            self.report(failure)
        return not failures

    def _timed(
        self, implementation: Implementation, hook: str, given: Mapping[str, Any], check: Check
    ) -> Any:
        """`implementation.call`, timed: slow ones are named, late ones have failed."""
        plugin, limit = implementation.plugin, LATE_SECONDS[hook]
        answer: Any = "failed"
        around, self._within = self._within, 0.0
        started = perf_counter()
        try:
            answer = implementation.call(hook, given, check)
        finally:
            whole = perf_counter() - started
            # A hook called from within this one is its own plugin's time.
            seconds = whole - self._within
            self._within = around + whole
            if self._tracing:
                logger.info(
                    "%s: %s(%s) → %s in %.3f ms",
                    plugin,
                    hook,
                    implementation.described(given),
                    brief(answer),
                    seconds * 1000,
                )
            if seconds > SLOW_SECONDS:
                self._say_slow(plugin, hook, seconds)
        if seconds > limit:
            # Without the exact time, so that it is one failure however often it happens.
            raise PluginFailure(plugin, hook, f"it took longer than {limit:g} s")
        if self.failing:
            self._worked.add(_cause(plugin, hook))
        return answer

    def _say_slow(self, plugin: str, hook: str, seconds: float) -> None:
        if seconds > LATE_SECONDS[hook] / 20 and (plugin, hook) not in self._slow:
            self._slow.add((plugin, hook))
            logger.warning('Plugin "%s" is slow: %s took %.1f s.', plugin, hook, seconds)

    def report(self, failure: PluginFailure) -> None:
        """One log line per distinct failure; the same one again would only bury the others."""
        self.failure = failure
        cause = _cause(failure.plugin, failure.hook)
        self.failing[cause] = str(failure)
        self._failed.add(cause)
        text = str(failure)
        if text not in self._reported:
            self._reported.add(text)
            logger.error(text, exc_info=failure.__cause__)


def _cause(plugin: str, hook: str) -> str:
    return f"plugin {plugin}: {hook}"


def _own(value: Any) -> Any:
    """A table of the plugin's own: what it changes there, nobody else sees. pandas copies only
    what is written to."""
    return value.copy(deep=False) if isinstance(value, TABLES) else value


def _nothing(answer: Any) -> Any:
    """The check of events: who answers one takes it for another hook."""
    raise ValueError(f"an event is told, not asked: return None, not {brief(answer)}")
