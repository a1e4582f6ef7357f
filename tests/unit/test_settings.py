"""Settings: the page's defaults, the environment on top, and errors that name the key."""

import json

import pytest

from nija_plugins.settings import (
    EXPORTED,
    Settings,
    SettingsError,
    misspelt,
    sources,
)
from tests.conftest import ROOT

SEED = {
    "micro_capital_mode": True,
    "mode": "MASTER_ONLY",
    "primary_broker": "COINBASE",
    "secondary_broker": "KRAKEN",
    "live_trading": True,
    "pro_mode": True,
    "copy_trading": False,
    "leverage_enabled": False,
    "arbitrage": False,
    "min_balance_to_trade": 15,
    "min_trade_size": 5,
    "min_balance_coinbase": 10,
    "min_balance_kraken": 50,
    "max_positions": 2,
    "max_position_pct": 18,
    "risk_per_trade": 3,
    "daily_max_loss": 6,
    "max_drawdown": 12,
    "max_consecutive_losses": 3,
    "auto_shutoff_on_errors": True,
    "force_cash_buffer": 15,
    "position_sizer": "HYBRID",
    "kelly_weight": 0.30,
    "volatility_weight": 0.40,
    "equity_weight": 0.30,
    "min_signal_score": 0.75,
    "min_ai_confidence": 0.70,
    "min_risk_reward": 1.8,
    "trade_only": ["BTC", "ETH", "SOL"],
    "market_regime_engine": True,
    "signal_ensemble": True,
    "ai_trade_filter": True,
    "exchange_priority": ["COINBASE", "KRAKEN"],
    "log_signal_rejections": True,
    "log_entry_block_reasons": True,
    "reset_strategy_state": True,
    "clear_entry_blocks": True,
    "flush_cached_balances": True,
}
"""The seed's table, typed from the page and nowhere else."""


@pytest.mark.parametrize("name", SEED)
def test_default_is_the_seeds(name: str) -> None:
    assert Settings().model_dump(mode="json")[name] == SEED[name]


def test_the_shipped_configuration_says_the_same_as_the_defaults() -> None:
    from freqtrade.configuration.load_config import load_config_file

    section = load_config_file(str(ROOT / "config.micro_capital.json"))["nija"]
    assert Settings.load({"nija": section}, {}) == Settings()


@pytest.mark.parametrize(
    ("section", "named"),
    [
        ({"max_positon_pct": 3}, ["max_positon_pct", "max_position_pct"]),
        ({"max_position_pct": "18"}, ["max_position_pct", "'18'"]),
        ({"kelly_weight": 0.2}, ["kelly_weight", "sum to 1", "0.9"]),
        ({"downgrade_buffer": 100}, ["downgrade_buffer", "100"]),
        ({"force_cash_buffer": 0.15}, ["force_cash_buffer", "15 here"]),
        ({"min_trade_size": float("nan")}, ["min_trade_size", "finite"]),
        ({"trade_only": ["btc"]}, ["trade_only", "btc"]),
        ({"trade_only": []}, ["trade_only"]),
        ({"arbitrage": True}, ["arbitrage"]),
        ({"risk_per_trade": 50}, ["risk_per_trade", "50"]),
        ({"max_positions": 0}, ["max_positions", "0"]),
        ({"live_trading": "no"}, ["live_trading"]),
        ({"position_sizer": "KELLY2"}, ["position_sizer", "HYBRID"]),
        ({"plugins": {"disabel": []}}, ["plugins.disabel"]),
    ],
)
def test_an_error_names_the_key(section: dict, named: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load({"nija": section}, {})
    assert all(word in str(caught.value) for word in named)


def test_two_errors_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load({"nija": {"max_drawdown": -1, "daily_max_loss": 0}}, {})
    assert "max_drawdown" in str(caught.value)
    assert "daily_max_loss" in str(caught.value)


def test_the_environment_overrides_the_file() -> None:
    environ = {
        "MAX_POSITION_PCT": "15",
        "LIVE_TRADING": "0",
        "TRADE_ONLY": "BTC, ETH",
        "DRAWDOWN_PAUSE_DAYS": "null",
        "MAX_POSITIONS": "1",
    }
    settings = Settings.load({"nija": {"max_position_pct": 10}}, environ)
    assert settings.max_position_pct == 15
    assert settings.live_trading is False
    assert settings.trade_only == ("BTC", "ETH")
    assert settings.max_positions == 1
    assert sources({"nija": {"max_drawdown": 10}}, environ)["max_position_pct"] == (
        "MAX_POSITION_PCT"
    )


@pytest.mark.parametrize(
    ("name", "value"), [("MAX_POSITION_PCT", "lots"), ("LIVE_TRADING", "maybe"), ("MODE", "dev")]
)
def test_an_error_names_the_environment_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"Environment variable {name}.*{value}"):
        Settings.load({}, {name: value})


def test_what_nija_exported_is_not_read_back() -> None:
    environ = {"MAX_POSITIONS": "1", EXPORTED: json.dumps({"MAX_POSITIONS": "1"})}
    assert Settings.load({}, environ).max_positions == 2
    changed_by_hand = {**environ, "MAX_POSITIONS": "2"}
    assert sources({}, changed_by_hand)["max_positions"] == "MAX_POSITIONS"


def test_a_misspelt_variable_is_noticed() -> None:
    environ = {"MAX_POSITON_PCT": "15", "MAX_POSITION_PCT": "9", "PATH": "/bin", "LC_TIME": "C"}
    assert misspelt(environ) == {"MAX_POSITON_PCT": "MAX_POSITION_PCT"}


def test_a_list_is_asked_for_in_the_files_words() -> None:
    with pytest.raises(SettingsError, match=r'a list such as \["BTC", "ETH"\] \(got \'BTC\'\)'):
        Settings.load({"nija": {"trade_only": "BTC"}}, {})
