import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from nija_plugins.micro_capital import (
    MICRO_CAPITAL_CONFIG,
    apply_micro_capital_config,
    get_config_summary,
    get_dynamic_config,
    get_environment_variables,
)
from nija_plugins.scaling.tiers import EquityError
from nija_plugins.settings import ALIASES, EXPORTED, Settings, SettingsError, environment_name

NAMES = {
    "MICRO_CAPITAL_MODE",
    "MODE",
    "PRIMARY_BROKER",
    "SECONDARY_BROKER",
    "LIVE_TRADING",
    "PRO_MODE",
    "COPY_TRADING_MODE",
    "MINIMUM_TRADING_BALANCE",
    "MIN_CASH_TO_BUY",
    "MAX_CONCURRENT_POSITIONS",
    "MAX_POSITION_PCT",
    "RISK_PER_TRADE",
}


@pytest.fixture(autouse=True)
def _own_environment() -> Iterator[None]:
    """No test sees the user's settings, none leaves its own behind."""
    before = dict(os.environ)
    settings = {environment_name(name) for name in Settings.model_fields}
    for name in {*settings, *ALIASES, *NAMES, EXPORTED}:
        os.environ.pop(name, None)
    yield
    os.environ.clear()
    os.environ.update(before)


def test_the_config_is_the_settings() -> None:
    assert set(MICRO_CAPITAL_CONFIG) == set(Settings.model_fields) - {"plugins"}
    assert MICRO_CAPITAL_CONFIG["max_position_pct"] == 18
    assert MICRO_CAPITAL_CONFIG["trade_only"] == ["BTC", "ETH", "SOL"]
    assert MICRO_CAPITAL_CONFIG["micro_capital_mode"] is True
    assert MICRO_CAPITAL_CONFIG["drawdown_pause_days"] is None
    assert Settings.load({"nija": MICRO_CAPITAL_CONFIG}, {}) == Settings.load({}, {})
    json.dumps(MICRO_CAPITAL_CONFIG, allow_nan=False)


@pytest.mark.parametrize(
    ("equity", "expected"),
    [
        (14.99, (None, 0, 0, False, False)),
        (15, ("STARTER", 2, 3, False, False)),
        (250, ("GROWTH", 3, 4, False, False)),
        (500, ("ADVANCED", 4, 4, True, False)),
        (1000, ("ELITE", 6, 5, True, True)),
    ],
)
def test_the_dynamic_config(equity: float, expected: tuple[Any, ...]) -> None:
    config = get_dynamic_config(equity)
    assert list(config) == [
        "tier",
        "max_positions",
        "risk_per_trade",
        "copy_trading",
        "leverage_enabled",
    ]
    assert tuple(config.values()) == expected


def test_the_environment_of_a_starter() -> None:
    assert get_environment_variables(100) == {
        "MICRO_CAPITAL_MODE": "true",
        "MODE": "MASTER_ONLY",
        "PRIMARY_BROKER": "COINBASE",
        "SECONDARY_BROKER": "KRAKEN",
        "LIVE_TRADING": "1",
        "PRO_MODE": "true",
        "COPY_TRADING_MODE": "MASTER_ONLY",
        "MINIMUM_TRADING_BALANCE": "15",
        "MIN_CASH_TO_BUY": "5",
        "MAX_CONCURRENT_POSITIONS": "2",
        "MAX_POSITION_PCT": "18",
        "RISK_PER_TRADE": "3",
    }


@pytest.mark.parametrize(
    ("equity", "positions", "risk", "copying"),
    [
        (10, "0", "0", "MASTER_ONLY"),
        (250, "3", "4", "MASTER_ONLY"),
        (500, "4", "4", "MASTER_FOLLOW"),
        (1000, "6", "5", "MASTER_FOLLOW"),
    ],
)
def test_the_environment_follows_the_tier(
    equity: float, positions: str, risk: str, copying: str
) -> None:
    found = get_environment_variables(equity)
    assert found["MAX_CONCURRENT_POSITIONS"] == positions
    assert found["RISK_PER_TRADE"] == risk
    assert found["COPY_TRADING_MODE"] == copying


STRICTER = [
    ("LIVE_TRADING", "0"),
    ("LIVE_TRADING", "false"),
    ("PRO_MODE", "false"),
    ("MAX_CONCURRENT_POSITIONS", "1"),
    ("MAX_POSITION_PCT", "10.5"),
    ("RISK_PER_TRADE", "1.50"),
    ("MINIMUM_TRADING_BALANCE", "100"),
    ("MIN_CASH_TO_BUY", "12"),
    ("COPY_TRADING_MODE", "MASTER_ONLY"),
]


@pytest.mark.parametrize(("name", "text"), STRICTER)
def test_what_the_user_set_is_never_loosened(name: str, text: str) -> None:
    os.environ[name] = text
    # through no tier and back up, and from the top down: nothing may be forgotten on the way
    for equity in (100, 10, 5000, 300, 10, 1000):
        applied = apply_micro_capital_config(equity=equity, set_env_vars=True)
        assert applied["environment_variables"][name] == text
        assert os.environ[name] == text
        assert name not in json.loads(os.environ[EXPORTED])
    if name != "COPY_TRADING_MODE":
        setting = ALIASES.get(name, name.lower())
        assert getattr(Settings.load({}), setting) != getattr(Settings.load({}, {}), setting)


@pytest.mark.parametrize(
    ("plain", "text", "exported"),
    [
        ("MAX_POSITIONS", "1", "MAX_CONCURRENT_POSITIONS"),
        ("MIN_BALANCE_TO_TRADE", "100", "MINIMUM_TRADING_BALANCE"),
        ("MIN_TRADE_SIZE", "25", "MIN_CASH_TO_BUY"),
    ],
)
def test_a_cap_under_its_plain_name_counts_too(plain: str, text: str, exported: str) -> None:
    os.environ[plain] = text
    assert get_environment_variables(5000)[exported] == text
    os.environ[exported] = {"1": "2", "100": "20", "25": "6"}[text]  # the alias is the looser one
    assert get_environment_variables(5000)[exported] == text


def test_a_stricter_alias_stands_beside_a_looser_plain_name() -> None:
    os.environ |= {"MAX_POSITIONS": "2", "MAX_CONCURRENT_POSITIONS": "1"}
    os.environ |= {"MIN_TRADE_SIZE": "6", "MIN_CASH_TO_BUY": "25"}
    found = get_environment_variables(5000)
    assert (found["MAX_CONCURRENT_POSITIONS"], found["MIN_CASH_TO_BUY"]) == ("1", "25")


def test_a_user_who_asks_for_more_gets_the_tier() -> None:
    os.environ |= {
        "MAX_CONCURRENT_POSITIONS": "6",
        "RISK_PER_TRADE": "5",
        "COPY_TRADING_MODE": "MASTER_FOLLOW",
    }
    found = get_environment_variables(100)
    assert found["MAX_CONCURRENT_POSITIONS"] == "2"
    assert found["RISK_PER_TRADE"] == "3"
    assert found["COPY_TRADING_MODE"] == "MASTER_ONLY"


def test_copying_that_the_user_forbids_stays_off() -> None:
    os.environ["COPY_TRADING"] = "false"
    assert get_environment_variables(5000)["COPY_TRADING_MODE"] == "MASTER_ONLY"


def test_without_micro_capital_mode_the_users_numbers_are_exported() -> None:
    os.environ |= {"MICRO_CAPITAL_MODE": "off", "MAX_CONCURRENT_POSITIONS": "5"}
    found = get_environment_variables(100)
    assert found["MICRO_CAPITAL_MODE"] == "off"
    assert found["MAX_CONCURRENT_POSITIONS"] == "5"


def test_applying_without_exporting_leaves_the_environment_alone() -> None:
    before = dict(os.environ)
    applied = apply_micro_capital_config(equity=750, set_env_vars=False)
    assert dict(os.environ) == before
    assert applied == {
        "base_config": MICRO_CAPITAL_CONFIG,
        "dynamic_config": get_dynamic_config(750),
        "environment_variables": get_environment_variables(750),
        "current_equity": 750.0,
    }
    applied["base_config"]["trade_only"].append("DOGE")
    assert MICRO_CAPITAL_CONFIG["trade_only"] == ["BTC", "ETH", "SOL"]


def test_exports_follow_the_tier_and_are_never_read_back() -> None:
    plain = Settings.load({}, {})
    for equity, positions in ((100, "2"), (1000, "6"), (300, "3"), (10, "0"), (500, "4")):
        applied = apply_micro_capital_config(equity=equity, set_env_vars=True)
        assert set(applied["environment_variables"]) == NAMES
        assert os.environ["MAX_CONCURRENT_POSITIONS"] == positions
        assert {name: os.environ[name] for name in NAMES} == applied["environment_variables"]
        assert set(json.loads(os.environ[EXPORTED])) == NAMES
        assert Settings.load({}) == plain


def test_a_value_the_user_changes_after_the_export_is_the_users() -> None:
    apply_micro_capital_config(equity=1000, set_env_vars=True)
    os.environ["MAX_CONCURRENT_POSITIONS"] = "1"
    apply_micro_capital_config(equity=5000, set_env_vars=True)
    assert os.environ["MAX_CONCURRENT_POSITIONS"] == "1"
    assert Settings.load({}).max_positions == 1


def test_records_of_other_exports_are_kept() -> None:
    os.environ |= {"MIN_SIGNAL_SCORE": "0.9", EXPORTED: '{"MIN_SIGNAL_SCORE": "0.9"}'}
    apply_micro_capital_config(equity=100, set_env_vars=True)
    assert json.loads(os.environ[EXPORTED])["MIN_SIGNAL_SCORE"] == "0.9"
    assert Settings.load({}).min_signal_score == 0.75


@pytest.mark.parametrize("bad", [None, float("nan"), -1, "100"])
def test_bad_equity_exports_nothing(bad: object) -> None:
    before = dict(os.environ)
    for use in (get_dynamic_config, get_environment_variables, get_config_summary):
        with pytest.raises(EquityError):
            use(bad)
    with pytest.raises(EquityError):
        apply_micro_capital_config(equity=bad, set_env_vars=True)
    assert dict(os.environ) == before


def test_an_unusable_variable_is_named() -> None:
    os.environ["MAX_POSITION_PCT"] = "a lot"
    with pytest.raises(SettingsError, match="MAX_POSITION_PCT"):
        get_environment_variables(100)


def test_the_summary_reads_well() -> None:
    text = get_config_summary(750)
    for part in ("$750.00", "ADVANCED", "Max positions: 4", "4.0%", "BTC, ETH, SOL", "unlocked"):
        assert part in text
    assert "none, no new entries" in get_config_summary(10)
