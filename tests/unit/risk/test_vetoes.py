"""Each rule: when it refuses, when it does not, and that its sentence says why."""

from dataclasses import replace

import pytest

from nija_plugins.account import Benchmarks, Position
from nija_plugins.incidents import Incident
from nija_plugins.live.holdings import Unexplained
from nija_plugins.risk import (
    account as account_rule,
)
from nija_plugins.risk import (
    cash_buffer,
    daily_loss,
    drawdown,
    errors,
    live_switch,
    locks,
    minimum_balance,
    minimum_trade,
    streak,
    tier,
    trade_only,
    unreconciled,
    unsettled_cash,
)
from nija_plugins.settings import Settings
from nija_plugins.trade_filter import broken_candles, reward_risk, signal_score
from tests.conftest import NOW, a_request, an_account

HELD = Position("ETH/USD", 0.01, 3000, 3000, 2900, 0.004)


def test_an_account_with_a_problem_is_refused() -> None:
    assert account_rule.nija_veto(an_account(problem="No price.")) == "No price."
    assert account_rule.nija_veto(an_account()) is None


def test_no_tier_no_entry() -> None:
    assert "No tier" in tier.nija_veto(an_account(14.99), Settings())
    assert tier.nija_veto(an_account(15), Settings()) is None


def test_without_micro_capital_mode_no_tier_is_needed() -> None:
    settings = Settings(micro_capital_mode=False)
    assert tier.nija_veto(an_account(100, settings, tier=None), settings) is None


@pytest.mark.parametrize(("equity", "positions"), [(100, 2), (300, 3), (700, 4), (2000, 6)])
def test_positions_up_to_the_tiers_count(equity: float, positions: int) -> None:
    full = an_account(equity, positions=(HELD,) * positions)
    assert f"{positions} of {positions}" in tier.nija_veto(full, Settings())
    room = an_account(equity, positions=(HELD,) * (positions - 1))
    assert tier.nija_veto(room, Settings()) is None


def test_a_lower_setting_caps_every_tier() -> None:
    settings = Settings(max_positions=1)
    assert "1 of 1" in tier.nija_veto(an_account(2000, settings, positions=(HELD,)), settings)


@pytest.mark.parametrize(
    ("exchange", "equity", "started", "refused"),
    [
        ("coinbase", 14.99, False, True),
        ("coinbase", 15.0, False, False),
        ("coinbase", 14.25, True, False),
        ("coinbase", 14.24, True, True),
        ("kraken", 49.99, False, True),
        ("kraken", 50.0, False, False),
        ("kraken", 47.5, True, False),
        ("kraken", 47.49, True, True),
    ],
)
def test_minimum_balances(exchange: str, equity: float, started: bool, refused: bool) -> None:
    found = minimum_balance.nija_veto(
        a_request(exchange=exchange), an_account(equity, started=started), Settings()
    )
    assert (found is not None) is refused


@pytest.mark.parametrize(
    ("mode", "refused"), [("live", True), ("dry_run", False), ("backtest", False)]
)
def test_the_live_switch_stops_live_entries_only(mode: str, refused: bool) -> None:
    off = Settings(live_trading=False)
    assert (live_switch.nija_veto(a_request(mode=mode), off) is not None) is refused
    assert live_switch.nija_veto(a_request(mode=mode), Settings()) is None


def test_only_listed_assets() -> None:
    assert "DOGE" in trade_only.nija_veto(a_request(pair="DOGE/USD"), Settings())
    assert trade_only.nija_veto(a_request(pair="SOL/USD"), Settings()) is None


def test_the_cash_buffer_is_not_touched() -> None:
    down = an_account(100, free_cash=15.0)
    assert "$15.00 is free" in cash_buffer.nija_veto(down, Settings())
    assert cash_buffer.nija_veto(an_account(100, free_cash=15.01), Settings()) is None
    assert cash_buffer.nija_veto(down, Settings(force_cash_buffer=10)) is None


def test_a_spent_day_refuses() -> None:
    """$94.20 is left of a day that opened at $100: $0.20 of budget carries no $5 lot at 4.8%."""
    spent = an_account(94.2, benchmarks=Benchmarks(NOW.date(), day_open=100, peak=100))
    assert "today's loss budget" in daily_loss.nija_veto(a_request(), spent, Settings())
    fresh = replace(spent, benchmarks=Benchmarks(NOW.date(), day_open=94.2, peak=100))
    assert daily_loss.nija_veto(a_request(), fresh, Settings()) is None


def test_a_deep_drawdown_refuses() -> None:
    deep = an_account(88.2, benchmarks=Benchmarks(NOW.date(), day_open=88.2, peak=100))
    assert "drawdown floor" in drawdown.nija_veto(a_request(), deep, Settings())
    assert drawdown.nija_veto(a_request(), deep, Settings(max_drawdown=20)) is None


def test_a_lot_too_large_for_the_account_is_refused_with_the_equity_it_needs() -> None:
    wide = a_request(exchange="coinbase", stop=0.15)
    sentence = minimum_trade.nija_veto(wide, an_account(15), Settings())
    assert "smallest lot of BTC/USD" in sentence
    assert "fresh account trades BTC/USD from $" in sentence
    assert minimum_trade.nija_veto(a_request(), an_account(100), Settings()) is None


def test_score_at_the_minimum_passes() -> None:
    assert "0.740" in signal_score.nija_veto(a_request(score=0.74), Settings())
    assert signal_score.nija_veto(a_request(score=0.75), Settings()) is None
    assert signal_score.nija_veto(a_request(score=float("nan")), Settings())


def test_the_target_must_pay_for_the_stop_after_fees() -> None:
    """10% against 5% is 2.0 before fees, 1.58 after 0.4% a side."""
    request = a_request(stop=0.05, target=0.10)
    assert request.reward_over_risk == pytest.approx(0.0916 / 0.0578)
    assert "1.58" in reward_risk.nija_veto(request, Settings())
    assert reward_risk.nija_veto(request, Settings(min_risk_reward=1.5)) is None


def test_broken_candles_refuse() -> None:
    assert broken_candles.nija_veto(a_request(problem="A gap.")) == "A gap."
    assert broken_candles.nija_veto(a_request()) is None


def test_a_lock_on_all_pairs_refuses_force_entries_too() -> None:
    locked = an_account(locks=(("nija_drawdown", NOW),))
    assert "nija_drawdown" in locks.nija_veto(locked)
    assert locks.nija_veto(an_account()) is None


def test_three_losses_in_a_row_refuse() -> None:
    assert "3 losses in a row" in streak.nija_veto(an_account(losing_streak=3), Settings())
    assert streak.nija_veto(an_account(losing_streak=2), Settings()) is None
    assert streak.nija_veto(an_account(losing_streak=2), Settings(max_consecutive_losses=2))


def test_three_incidents_refuse_and_are_named() -> None:
    incidents = tuple(Incident(NOW, cause, f"The {cause} failed.") for cause in ("one", "two", "3"))
    sentence = errors.nija_veto(an_account(incidents=incidents), Settings())
    assert sentence == ("3 incidents within an hour: The one failed; The two failed; The 3 failed.")
    assert errors.nija_veto(an_account(incidents=incidents[:2]), Settings()) is None
    off = Settings(auto_shutoff_on_errors=False)
    assert errors.nija_veto(an_account(incidents=incidents), off) is None


@pytest.mark.parametrize(("change", "told"), [(50.0, "$+50.00"), (-30.0, "$-30.00")])
def test_unsettled_cash_refuses(change: float, told: str) -> None:
    assert told in unsettled_cash.nija_veto(an_account(unsettled=change))
    assert unsettled_cash.nija_veto(an_account()) is None


def test_money_that_sold_coins_have_not_brought_refuses() -> None:
    sentence = "Entries wait: about $13.20 for them is not there yet."
    assert unsettled_cash.nija_veto(an_account(awaited=sentence)) == sentence


def test_what_no_trade_explains_refuses_its_own_pair() -> None:
    found = (
        Unexplained("BTC/USD", 0.002, 100.0),
        Unexplained("BTC/USD", 0.001, 50.0, "O1"),
        Unexplained("ETH/USD", 1.0, 3000.0),
    )
    sentence = unreconciled.nija_veto(a_request(), an_account(unexplained=found))
    for part in ("a holding of 0.002 BTC", "an open order O1", "nija reconcile BTC/USD"):
        assert part in sentence
    assert "ETH" not in sentence
    other = a_request(pair="SOL/USD")
    assert unreconciled.nija_veto(other, an_account(unexplained=found[:2])) is None
    assert "All 2 positions are taken" in str(
        unreconciled.nija_veto(other, an_account(unexplained=found))
    )
