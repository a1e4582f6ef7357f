"""A backtest's hour is valued by the last one only while nothing at all can differ."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from freqtrade.persistence import FtNoDBContext, PairLocks, Trade

from nija_plugins import locks, manager
from nija_plugins.incidents import Incident
from nija_plugins.run import Run
from nija_plugins.scaling.tiers import tier_named
from nija_plugins.settings import Settings
from tests.conftest import NOW, an_account

LATER = NOW + timedelta(hours=1)
CONFIG = {"exchange": {"name": "kraken"}, "user_data_dir": "user_data"}


@pytest.fixture
def run() -> Iterator[Run]:
    with FtNoDBContext("1h"):
        found = Run.begin(manager.build(Settings()), Settings(), CONFIG, "backtest")
        found.trades_changed = False
        yield found
        PairLocks.reset_locks()


def flat(run: Run, **changes: Any) -> Run:
    """`run` after it has seen an account of $100 that holds nothing."""
    given = {"tier": run.scaling.tier, "limits": run.scaling.limits} | changes
    run.see(an_account(**given), None)  # type: ignore[arg-type]  # the book is for bots
    return run


def test_only_the_time_differs(run: Run) -> None:
    found = flat(run).unmoved(LATER, 100.0)
    assert found == replace(run.flat, time=LATER)  # type: ignore[type-var]
    assert run.memory.seen == LATER


CHANGES: dict[str, Callable[[Run], object]] = {
    "a trade filled": lambda run: setattr(run, "trades_changed", True),
    "a trade was won": lambda run: setattr(run, "wins", 1),
    "a trade was lost": lambda run: setattr(run, "losses", 1),
    "a plugin fails": lambda run: run.hooks.failing.update({"plugin x: nija_veto": "It failed."}),
    "a lock stands": lambda _: locks.lock_all(locks.STREAK, LATER + timedelta(hours=9), NOW),
    "a lock has ended that the loop did not see": lambda run: setattr(
        run, "memory", replace(run.memory, locked=frozenset({locks.DRAWDOWN}))
    ),
    "the tier changed": lambda run: run.scaling._stand_in(tier_named("GROWTH")),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_valued_again(run: Run, what: str) -> None:
    assert flat(run).unmoved(LATER, 100.0) is not None
    CHANGES[what](run)
    assert run.unmoved(LATER + timedelta(hours=1), 100.0) is None


def test_another_day_other_cash_an_open_trade(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    flat(run)
    assert run.unmoved(NOW + timedelta(days=1), 100.0) is None
    assert run.unmoved(LATER, 99.0) is None
    monkeypatch.setattr(Trade, "get_trades_proxy", lambda **_: ["one whose entry rests"])
    assert run.unmoved(LATER, 100.0) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"started": False},
        {"locks": ((locks.DAY, LATER),)},
        {"incidents": (Incident(NOW, "a cause", "Something failed."),)},
    ],
)
def test_an_account_that_is_not_merely_flat(run: Run, changes: dict[str, Any]) -> None:
    assert flat(run, **changes).unmoved(LATER, 100.0) is None
