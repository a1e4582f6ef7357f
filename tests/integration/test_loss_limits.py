"""The loss limits through freqtrade's own backtesting: what they promise, whatever is traded."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import copy_of_the_house
from tests.integration.engine import Engine, Outcome, engine

COIN_FLIP = """
import numpy as np
import pandas as pd
from nija_plugins import hookimpl
from nija_plugins.view import Family, Vote

@hookimpl
def nija_score(votes, regime, settings):
    return pd.Series(np.random.default_rng(5).integers(0, 2, len(regime)) * 1.0, index=regime.index)
"""


@pytest.fixture(scope="module")
def backtests(tmp_path_factory: pytest.TempPathFactory):
    house = copy_of_the_house(tmp_path_factory.mktemp("limits"))
    with pytest.MonkeyPatch.context() as patch, engine(house, patch) as ready:
        yield ready


@pytest.fixture(scope="module")
def run(backtests: Engine) -> Callable[..., Outcome]:
    answers: dict[str, Outcome] = {}

    def ask(**nija) -> Outcome:
        key = str(sorted(nija.items()))
        if key not in answers:
            answers[key] = backtests.backtest(nija)
        return answers[key]

    return ask


def locks(outcome: Outcome, reason: str) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    return [
        (pd.Timestamp(begin), pd.Timestamp(end))
        for why, begin, end in outcome.locks
        if why == reason
    ]


def entered_within(outcome: Outcome, spans: list[tuple[pd.Timestamp, pd.Timestamp]]) -> int:
    opened = outcome.trades["open_date"]
    return sum(int(((opened > begin) & (opened < end)).sum()) for begin, end in spans)


@pytest.mark.parametrize(("day", "fall"), [(6, 12), (2, 5), (1, 12), (6, 3)])
def test_no_day_and_no_fall_exceeds_its_limit_without_a_gap(run, day: float, fall: float) -> None:
    outcome = run(daily_max_loss=day, max_drawdown=fall)
    assert not outcome.trades.empty
    gaps = outcome.trades["exit_reason"].eq("nija_gap_through_stop").any()
    assert outcome.equity["worst_day"] >= -day / 100 - 1e-9 or gaps
    assert outcome.equity["drawdown"] <= fall / 100 + 1e-9 or gaps


def test_the_limits_do_not_depend_on_a_good_strategy(backtests: Engine) -> None:
    """Entries by the toss of a coin, every reward/risk welcome."""
    plugin = Path(backtests.house) / "user_data/plugins/coin_flip.py"
    plugin.write_text(COIN_FLIP)
    try:
        outcome = backtests.backtest({"min_risk_reward": 0, "max_consecutive_losses": 99})
    finally:
        plugin.unlink()
    assert len(outcome.trades) > 30
    gaps = outcome.trades["exit_reason"].eq("nija_gap_through_stop").any()
    assert outcome.equity["worst_day"] >= -0.06 - 1e-9 or gaps
    assert outcome.equity["drawdown"] <= 0.12 + 1e-9 or gaps


def test_a_used_up_drawdown_locks_for_good(run) -> None:
    outcome = run(max_drawdown=2)
    ((begin, end),) = locks(outcome, "nija_drawdown")
    assert end - begin > timedelta(days=30_000)
    assert (outcome.trades["open_date"] <= begin).all()
    assert outcome.refused["engine.locked"] > 0


def test_a_drawdown_pause_ends_by_time_and_restarts_the_peak(run) -> None:
    outcome = run(max_drawdown=2, drawdown_pause_days=5)
    spans = locks(outcome, "nija_drawdown")
    assert spans
    for begin, end in spans:
        assert timedelta(days=5) <= end - begin <= timedelta(days=5, hours=1)
    assert not entered_within(outcome, spans)
    assert (outcome.trades["open_date"] >= spans[0][1]).any(), "it never traded again"


def test_a_used_up_day_locks_until_midnight(run) -> None:
    outcome = run(daily_max_loss=0.4)
    spans = locks(outcome, "nija_daily_loss")
    assert spans
    assert all(end == begin.floor("D") + timedelta(days=1) for begin, end in spans)
    assert not entered_within(outcome, spans)


def test_losses_in_a_row_pause_for_a_day_and_the_count_restarts(run) -> None:
    outcome = run(max_consecutive_losses=2)
    spans = locks(outcome, "nija_streak")
    assert spans
    closed = outcome.trades.sort_values("close_date")
    for begin, end in spans:
        assert timedelta(hours=24) <= end - begin <= timedelta(hours=25)
        last_two = closed[closed["close_date"] <= begin].tail(2)
        assert (last_two["profit_abs"] <= 0).all()
    assert not entered_within(outcome, spans)
    assert (outcome.trades["open_date"] >= spans[0][1]).any()
    assert len(locks(run(max_consecutive_losses=9), "nija_streak")) < len(spans)
