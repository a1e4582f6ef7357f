"""The bootstrap: odds are odds, quantiles are ordered, and its tiers are the tiers."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nija_plugins.research.growth import (
    FEWEST,
    QUANTILES,
    History,
    TooFewTrades,
    history,
    mean_r,
    next_tiers,
    simulate,
)
from nija_plugins.scaling.tiers import sorted_tiers, tier_for
from nija_plugins.settings import Settings
from tests.unit.report.accounts import START, some_trades

END = START + pd.Timedelta(days=630)


def a_history(r: list[float], risked: float = 0.02, loss: float = 0.05, gap: float = 5) -> History:
    count = len(r)
    results = np.array(r)
    return History(
        r=results,
        best=np.maximum(results, 0.0),
        risked=np.full(count, risked),
        loss=np.full(count, loss),
        gaps=np.full(count, gap),
    )


RESULTS = st.lists(st.floats(-1.2, 8), min_size=FEWEST, max_size=60)


@given(RESULTS, st.floats(1, 5000), st.integers(0, 1000), st.integers(1, 30))
def test_odds_are_odds_and_quantiles_are_ordered(
    r: list[float], equity: float, seed: int, block: int
) -> None:
    past = a_history(r)
    months = simulate(past, equity, Settings(), months=6, paths=60, seed=seed, block=block)
    assert [one.number for one in months] == [1, 2, 3, 4, 5, 6]
    for before, now in zip([None, *months], months, strict=False):
        assert len(now.quantiles) == len(QUANTILES)
        assert list(now.quantiles) == sorted(now.quantiles)
        assert min(now.quantiles) >= 0
        assert all(0 <= share <= 1 for share in (*now.tiers.values(), now.below, now.halted))
        assert math.isclose(sum(now.tiers.values()), 1)
        if before is not None:  # what was used up, or has been, stays so
            assert now.below >= before.below
            assert now.halted >= before.halted


NEAR_A_TIER = st.builds(
    lambda tier, share: tier.min_equity * share,
    st.sampled_from(sorted_tiers()),
    st.floats(0.7, 1.2),
)


@given(st.lists(NEAR_A_TIER, min_size=1, max_size=40), st.floats(0, 50), st.floats(0, 3000))
def test_its_tiers_are_the_scaling_engines(
    equities: list[float], buffer: float, first: float
) -> None:
    tiers = sorted_tiers()
    current = tier_for(first, None, buffer)
    rank = next_tiers(np.array([first]), np.array([-1]), buffer)
    for equity in equities:
        current = tier_for(equity, current, buffer)
        rank = next_tiers(np.array([equity]), rank, buffer)
        assert (tiers[rank[0]] if rank[0] >= 0 else None) == current


def test_the_same_seed_gives_the_same_and_another_does_not() -> None:
    past = a_history([-1.0] * 12 + [2.5] * 9)
    one, again = (simulate(past, 300, Settings(), paths=200, seed=4) for _ in range(2))
    assert one == again
    assert one != simulate(past, 300, Settings(), paths=200, seed=5)


def test_only_winners_lift_every_path_through_the_tiers() -> None:
    last = simulate(a_history([2.0] * FEWEST), 240, Settings(), months=12, paths=100)[-1]
    # 5 days a trade, each 2 R of 2%: 73 trades of 4% in a year.
    assert last.quantiles[0] == pytest.approx(240 * 1.04**73, rel=0.05)
    assert last.tiers["ELITE"] == 1
    assert last.halted == last.below == 0


def test_only_losers_use_up_the_drawdown_and_lose_no_more_than_that() -> None:
    months = simulate(a_history([-1.0] * FEWEST), 300, Settings(), months=12, paths=100)
    assert months[-1].halted == 1
    assert months[-1].quantiles[0] >= 300 * 0.88 - 0.01
    assert months[-1].below == 0


def test_an_account_below_the_lowest_tier_never_trades() -> None:
    last = simulate(a_history([3.0] * FEWEST), 14, Settings(), months=3, paths=50)[-1]
    assert set(last.quantiles) == {14.0}
    assert last.tiers["no tier"] == last.below == 1


def test_a_stake_is_lifted_to_the_smallest_where_the_rules_allow_it() -> None:
    # 2% of $20 at a 20% stop is a stake of $2: lifted to $5 it would lose 5%, above STARTER's 3%.
    stuck = simulate(a_history([2.0] * FEWEST, loss=0.20), 20, Settings(), months=1, paths=50)[-1]
    assert set(stuck.quantiles) == {20.0}
    # At a 10% stop the $5 lose 2.5%.
    lifted = simulate(
        a_history([2.0] * FEWEST, risked=0.01, loss=0.10), 20, Settings(), months=1, paths=50
    )[-1]
    assert lifted.quantiles[0] >= 20 + 5 * 0.10 * 2


def test_a_peak_within_a_trade_counts_for_the_drawdown() -> None:
    """Up 15% and back to where it was: at its close nothing happened, at its peak it did."""
    flat = a_history([0.0] * FEWEST, risked=0.03)
    peaked = History(flat.r, flat.r + 5.0, flat.risked, flat.loss, flat.gaps)
    assert simulate(flat, 300, Settings(), months=1, paths=50)[-1].halted == 0
    assert simulate(peaked, 300, Settings(), months=1, paths=50)[-1].halted == 1


def test_the_mean_lies_in_its_interval() -> None:
    mean, low, high = mean_r(a_history([-1.0] * 30 + [2.0] * 20))
    assert low < mean < high
    assert mean == pytest.approx(0.2)


class TestHistory:
    def test_gaps_add_up_to_the_whole_time(self) -> None:
        past = history(some_trades(40), START, END)
        assert past.gaps.sum() == pytest.approx(630)
        assert (past.gaps >= 0).all()
        assert past.risked == pytest.approx(40 * 0.05 / 300)

    def test_no_trades_and_too_few_are_said_in_words(self) -> None:
        with pytest.raises(TooFewTrades, match="no closed trade"):
            history(some_trades(0), START, END)
        with pytest.raises(TooFewTrades, match=r"19 closed trades .* 20 is the least"):
            history(some_trades(19), START, END)

    def test_trades_without_plans_are_told_apart(self) -> None:
        with pytest.raises(ValueError, match="not recorded"):
            history(some_trades(40, r=float("nan")), START, END)


@pytest.mark.parametrize("wrong", [{"equity": 0.0}, {"months": 0}, {"paths": 0}, {"block": 0}])
def test_nothing_to_draw_is_an_error(wrong: dict[str, float]) -> None:
    given = {"equity": 100.0, "months": 2, "paths": 10, "block": 3} | wrong
    with pytest.raises(ValueError, match="above zero"):
        simulate(a_history([1.0] * 20), given.pop("equity"), Settings(), **given)
