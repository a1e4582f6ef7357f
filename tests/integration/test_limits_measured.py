"""The loss limits in stormy markets, measured by other code than NIJA's: every kind of entries."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nija_plugins.research import entries
from nija_plugins.research.engine import Engine, Outcome, build_house
from nija_plugins.research.limits.bench import Bench, bench
from nija_plugins.research.limits.case import ENTRIES, NIJA, Case, synthetic
from nija_plugins.research.limits.marking import hour_of, mark, trades_of
from nija_plugins.research.limits.measured import Measured, measure
from tests.conftest import ROOT

CASES = [replace(case, exchange="kraken", balance=100) for case in synthetic(3, 21)]


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(ROOT, tmp_path_factory.mktemp("limits"), "here", None) as one:
        yield one


@pytest.fixture(scope="module")
def found(ready: Bench) -> list[tuple[Case, Measured]]:
    return [one for case in CASES for one in ready.measure(case)]


@pytest.mark.parametrize("kind", ENTRIES)
def test_the_limits_hold_whatever_is_entered_but_for_gaps(found, kind: str) -> None:
    measured = [m for case, m in found if case.entries == kind]
    assert sum(m.trades for m in measured) >= 6
    assert not [m.unexplained for m in measured if m.unexplained]
    for m in measured:
        assert m.worst_day <= 0.06 + 1e-6 or m.over
        assert m.drawdown <= 0.12 + 1e-6 or m.over
        assert m.worst_day >= m.own_worst_day - 1e-9, "lows are no higher than closes"


def test_entries_without_skill_enter_more(found) -> None:
    trades = {kind: sum(m.trades for case, m in found if case.entries == kind) for kind in ENTRIES}
    assert trades["always_enter"] > trades[NIJA]
    assert trades["coin_flip"] > trades[NIJA]


def outcome(ready: Bench, case: Case, **nija) -> tuple[Outcome, dict]:
    datadir, prices = ready._market(case)
    house = build_house(ROOT, datadir.parent / "own", [entries.file(case.entries)])
    run = Engine(house, next(iter(ready._engines.values()), None)).backtest(
        case.timerange,
        datadir=datadir,
        exchange=case.exchange,
        wallet=case.balance,
        nija=case.settings | nija,
    )
    return run, prices


def test_the_marking_agrees_with_nija_s_record_and_copies_may_be_shallow(
    ready: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each day's opening, high, low and close at last closes; and freqtrade's deep copies, which
    the bench leaves out, change nothing."""
    case = CASES[2]
    run, prices = outcome(ready, case)
    with monkeypatch.context() as patch:
        from copy import deepcopy

        from freqtrade.strategy import strategy_wrapper

        patch.setattr(strategy_wrapper, "deepcopy", deepcopy)
        careful, _ = outcome(ready, case)
    assert len(run.trades) >= 6
    same = run.trades.drop(columns="orders") == careful.trades.drop(columns="orders")
    assert same.where(run.trades.drop(columns="orders").notna(), True).all().all()
    assert run.equity == careful.equity and run.locks == careful.locks
    assert run.refusals == careful.refusals

    first, last = hour_of(case.first), hour_of(case.last) - 1
    marked = mark(trades_of(run.trades), prices, case.balance, first, last)
    for number, (_, *four) in enumerate(run.equity["days"]):
        day = marked.start[number * 24 : (number + 1) * 24]
        assert four == pytest.approx([day[0], day.max(), day.min(), day[-1]], abs=1e-6)


def test_limits_that_are_off_are_seen_to_be_broken(ready: Bench) -> None:
    case = replace(CASES[2], balance=5_000)
    off = {"daily_max_loss": 90, "max_drawdown": 90, "max_consecutive_losses": 99}
    bold = {"position_sizer": "EQUITY", "max_position_pct": 60}
    run, prices = outcome(ready, case, **off, **bold)
    assert {name for name, _ in measure(case, run, prices).unexplained} == {"worst day", "drawdown"}


def test_what_was_measured_is_not_run_again(
    ready: Bench, found, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*args, **options):
        raise AssertionError("run again")

    monkeypatch.setattr(Engine, "backtest", never)
    assert [one for case in CASES for one in ready.measure(case)] == found
    with pytest.raises(AssertionError, match="run again"):
        ready.measure(replace(CASES[0], balance=101))


@pytest.mark.slow
def test_forty_markets(tmp_path: Path) -> None:
    with bench(ROOT, tmp_path, "here", None) as one:
        for case in synthetic(40, 45, first_seed=1_001):
            for tried, measured in one.measure(case):
                assert not measured.unexplained, str(tried)
