"""Every setting changes what the strategy does, seen through freqtrade's own backtesting."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from nija_plugins.risk import live_switch, minimum_balance
from nija_plugins.settings import Settings
from tests.conftest import a_request, an_account, copy_of_the_house
from tests.integration.engine import Engine, Outcome, engine


@pytest.fixture(scope="module")
def backtests(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        house = copy_of_the_house(tmp_path_factory.mktemp("settings"))
        with engine(house, patch) as ready:
            yield ready


@pytest.fixture(scope="module")
def run(backtests: Engine) -> Callable[..., Outcome]:
    """A backtest of three months; the same question is asked only once."""
    answers: dict[str, Outcome] = {}

    def ask(wallet: float = 100, **nija) -> Outcome:
        key = f"{wallet} {sorted(nija.items())}"
        if key not in answers:
            answers[key] = backtests.backtest(nija, wallet, timerange="20230301-20230601")
        return answers[key]

    return ask


def at_once(outcome: Outcome) -> int:
    """The most positions open at one time."""
    trades = outcome.trades
    return max(
        int(((trades["open_date"] <= moment) & (trades["close_date"] > moment)).sum())
        for moment in trades["open_date"]
    )


def same_trades(one: Outcome, other: Outcome) -> bool:
    columns = ["pair", "open_date", "close_date", "stake_amount"]
    return one.trades[columns].equals(other.trades[columns])


def share(outcome: Outcome, wallet: float) -> pd.Series:
    return outcome.trades["stake_amount"] / wallet


def test_two_equal_backtests_are_equal(backtests: Engine, run) -> None:
    again = backtests.backtest({}, 100, timerange="20230301-20230601")
    assert same_trades(run(), again)
    assert len(again.trades) > 8


def test_max_positions_caps_and_a_higher_value_does_not_loosen(run) -> None:
    assert at_once(run()) == 2
    assert at_once(run(max_positions=1)) == 1
    assert same_trades(run(), run(max_positions=5))


def test_micro_capital_mode_off_turns_tiers_off_and_keeps_every_limit(run) -> None:
    assert at_once(run(wallet=1500)) == 3
    off = run(wallet=1500, micro_capital_mode=False)
    assert at_once(off) == 2
    assert share(off, 1500).max() <= 0.18 * 1.2
    tight = run(wallet=1500, micro_capital_mode=False, max_drawdown=1)
    assert tight.refused["risk.drawdown"] > 0
    assert run(wallet=14, micro_capital_mode=False).trades.empty


def test_risk_per_trade(run) -> None:
    """Half a percent of $100 buys at most $8.33 of a trade that loses 6% at its stop."""
    assert run(risk_per_trade=0.5).trades["stake_amount"].max() < 0.6 * (
        run().trades["stake_amount"].max()
    )


def test_max_position_pct(run) -> None:
    assert share(run(max_position_pct=8), 100).max() <= 0.08 * 1.1
    assert share(run(), 100).max() > 0.1


def test_min_trade_size(run) -> None:
    assert (
        run(min_trade_size=20).trades["stake_amount"].min()
        >= 20
        > (run().trades["stake_amount"].min())
    )


@pytest.mark.parametrize("setting", ["min_lot_max_pct", "max_asset_pct"])
def test_the_smallest_lots_share(run, setting: str) -> None:
    small = {"wallet": 16, "min_balance_kraken": 10}
    assert not run(**small).trades.empty
    none = run(**small, **{setting: 20})
    assert none.trades.empty
    assert none.refused["risk.minimum_trade"] > 0


@pytest.mark.parametrize("setting", ["min_balance_to_trade", "min_balance_kraken"])
def test_minimum_balances(run, setting: str) -> None:
    none = run(**{setting: 101})
    assert none.trades.empty
    assert none.refused["risk.minimum_balance"] > 0


def test_min_balance_coinbase() -> None:
    request, account = a_request(exchange="coinbase"), an_account(30, started=False)
    assert minimum_balance.nija_veto(request, account, Settings()) is None
    assert minimum_balance.nija_veto(request, account, Settings(min_balance_coinbase=31))


def test_live_trading() -> None:
    assert live_switch.nija_veto(a_request(mode="live"), Settings(live_trading=False))


def test_pro_mode_off_sizes_on_free_cash(run) -> None:
    trades = run(pro_mode=False).trades
    assert trades["stake_amount"].min() < run().trades["stake_amount"].min()


def test_the_sizer_and_its_weights(run) -> None:
    alone = run(position_sizer="KELLY")
    assert not same_trades(run(), alone)
    weighted = run(kelly_weight=1.0, volatility_weight=0.0, equity_weight=0.0)
    assert same_trades(alone, weighted)
    volatile = run(kelly_weight=0.0, volatility_weight=1.0, equity_weight=0.0)
    assert same_trades(volatile, run(position_sizer="VOLATILITY"))
    equal = run(kelly_weight=0.0, volatility_weight=0.0, equity_weight=1.0)
    assert same_trades(equal, run(position_sizer="EQUITY"))


def test_downgrade_buffer(run) -> None:
    strict, loose = run(wallet=251, downgrade_buffer=0), run(wallet=251, downgrade_buffer=60)
    assert len(strict.tier_changes) > len(loose.tier_changes) == 1


def test_daily_max_loss(run) -> None:
    assert run(daily_max_loss=0.5).refused["risk.daily_loss"] > 0
    assert "risk.daily_loss" not in run().refused


def test_max_drawdown(run) -> None:
    assert run(max_drawdown=1).refused["risk.drawdown"] > 0
    assert "risk.drawdown" not in run().refused


def test_force_cash_buffer(run) -> None:
    assert at_once(run(force_cash_buffer=90)) == 1
    assert run(force_cash_buffer=99).trades.empty


def test_min_signal_score(run) -> None:
    assert len(run(min_signal_score=0.97).trades) < len(run().trades)


def test_min_risk_reward(run) -> None:
    picky = run(min_risk_reward=4)
    assert picky.refused["trade_filter.reward_risk"] > run().refused["trade_filter.reward_risk"]


def test_trade_only(run) -> None:
    outcome = run(trade_only=["BTC"])
    assert set(outcome.trades["pair"]) == {"BTC/USD"}
    assert outcome.refused["risk.trade_only"] > 0


def test_market_regime_engine(run) -> None:
    off = run(market_regime_engine=False)
    assert set(off.trades["enter_tag"]) == {"unknown"}
    assert "unknown" not in set(run().trades["enter_tag"])


def test_signal_ensemble(run) -> None:
    assert not same_trades(run(), run(signal_ensemble=False))


def test_ai_trade_filter_and_min_ai_confidence(run) -> None:
    """Of a year of history the filter makes ranks; 0 lets all of them pass."""
    on, loose = run(ai_trade_filter=True), run(ai_trade_filter=True, min_ai_confidence=0.0)
    assert on.refused["trade_filter.confidence"] > 0
    assert "trade_filter.confidence" not in loose.refused
    assert on.refused["trade_filter.expectancy"] > 0
    assert not same_trades(run(), on)
    assert not {"trade_filter.confidence", "trade_filter.expectancy"} & set(run().refused)


def test_plugins_disable(run) -> None:
    assert not same_trades(run(), run(plugins={"disable": ["signals.range_break"]}))


def test_the_environment_does_the_same_as_the_file(
    backtests: Engine, run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_POSITIONS", "1")
    by_environment = backtests.backtest({"max_positions": 2}, timerange="20230301-20230601")
    assert same_trades(by_environment, run(max_positions=1))


SEEN_ELSEWHERE = {
    "log_signal_rejections": "dry_run/test_refusals.py",
    "log_entry_block_reasons": "dry_run/test_refusals.py",
    "max_consecutive_losses": "test_loss_limits.py",
    "drawdown_pause_days": "test_loss_limits.py",
    "auto_shutoff_on_errors": "account_memory/test_incidents.py",
    "reset_strategy_state": "test_what_a_start_clears.py",
    "clear_entry_blocks": "test_what_a_start_clears.py",
    "flush_cached_balances": "test_what_a_start_clears.py",
    "copy_trading": "test_copies.py",
    "mode": "test_copies.py and test_portfolio.py",
    "primary_broker": "test_trade.py",
    "secondary_broker": "test_trade.py",
    "exchange_priority": "test_portfolio.py",
    "portfolio_url": "test_portfolio.py",
    "leverage_enabled": "unit/sizing/test_leverage.py",
    "max_leverage": "unit/sizing/test_leverage.py",
    "arbitrage": "test_settings.py: true is refused",
}


def test_every_setting_is_seen_to_act() -> None:
    source = Path(__file__).read_text()
    for name in Settings.model_fields:
        assert name in source or name in SEEN_ELSEWHERE, name
