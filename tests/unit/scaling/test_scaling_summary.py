import io
from pathlib import Path

import pytest
from rich.console import Console

from nija_plugins import scaling
from nija_plugins.scaling.__main__ import demo
from nija_plugins.scaling.tiers import EquityError


@pytest.fixture
def in_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DOWNGRADE_BUFFER", raising=False)
    return tmp_path


def at(equity: float) -> scaling.AutoScalingEngine:
    engine = scaling.AutoScalingEngine()
    engine.check_and_scale(equity)
    return engine


def test_the_public_names() -> None:
    assert set(scaling.__all__) == {
        "auto_scale",
        "get_auto_scaling_engine",
        "get_scaling_summary",
        "get_current_tier_info",
        "integrate_with_broker_manager",
        "AutoScalingEngine",
        "ScalingTier",
        "SCALING_TIERS",
    }


def test_the_summary_at_750() -> None:
    lines = [line.strip() for line in scaling.get_scaling_summary(at(750)).splitlines()]
    assert lines == [
        "CURRENT EQUITY: $750.00",
        "CURRENT TIER: ADVANCED",
        "Copy trading unlocked",
        "Max Positions: 4",
        "Risk Per Trade: 4.0%",
        "Copy Trading: Enabled",
        "Leverage: Disabled",
        "",
        "NEXT TIER: ELITE",
        "Unlocks at: $1000.00",
        "Progress: 75.0%",
        "Equity needed: $250.00",
        "Max Positions: 6",
        "Risk Per Trade: 5.0%",
        "Copy Trading: Enabled",
        "Leverage: Enabled",
    ]


def test_the_summary_at_the_top() -> None:
    text = scaling.get_scaling_summary(at(5000))
    assert "CURRENT TIER: ELITE" in text
    assert "TOP TIER" in text
    assert "NEXT TIER" not in text


def test_the_summary_before_anything_is_known_and_below_the_lowest_tier() -> None:
    text = scaling.get_scaling_summary(scaling.AutoScalingEngine())
    assert "CURRENT EQUITY: not seen yet" in text
    assert "CURRENT TIER: none" in text
    assert "Unlocks at: $15.00" in text
    assert "Progress: 50.0%" in scaling.get_scaling_summary(at(7.5))


def test_tier_info() -> None:
    assert scaling.get_current_tier_info(at(750)) == {
        "name": "ADVANCED",
        "current_equity": 750,
        "min_equity": 500,
        "max_positions": 4,
        "risk_per_trade": 4,
        "copy_trading": True,
        "leverage_enabled": False,
        "description": "Copy trading unlocked",
    }
    none = scaling.get_current_tier_info(at(10))
    assert none["name"] is None
    assert none["max_positions"] == 0


def test_the_process_wide_engine(in_empty_directory: Path) -> None:
    assert scaling.get_auto_scaling_engine() is scaling.get_auto_scaling_engine()
    assert scaling.auto_scale(750) == (True, None, "ADVANCED")
    assert scaling.auto_scale(760) == (False, "ADVANCED", "ADVANCED")
    assert scaling.auto_scale(750, force=True) == (True, "ADVANCED", "ADVANCED")
    assert "CURRENT EQUITY: $750.00" in scaling.get_scaling_summary()
    assert scaling.get_current_tier_info()["name"] == "ADVANCED"
    assert (in_empty_directory / "user_data" / ".auto_scaling_state.json").is_file()
    with pytest.raises(EquityError):
        scaling.auto_scale(None)


def test_the_environments_buffer_counts(
    in_empty_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOWNGRADE_BUFFER", "0")
    scaling.auto_scale(250)
    assert scaling.auto_scale(249.99) == (True, "GROWTH", "STARTER")


def test_the_demo_fits_a_terminal_and_leaves_no_trace(in_empty_directory: Path) -> None:
    out = io.StringIO()
    demo(Console(file=out, width=80))
    text = out.getvalue()
    for equity in ("$15.00", "$100.00", "$250.00", "$500.00", "$750.00", "$1000.00", "$5000.00"):
        assert equity in text
    assert "…" not in text
    assert "ADVANCED" in text
    assert list(in_empty_directory.iterdir()) == []
