from math import inf

import pytest

from nija_plugins.scaling import SCALING_TIERS, ScalingTier
from nija_plugins.scaling.limits import Limits, effective_limits
from nija_plugins.scaling.tiers import tier_named
from nija_plugins.settings import Settings


def limits(tier: str | None, **settings: object) -> Limits:
    return effective_limits(tier_named(tier), Settings.model_validate(settings))


@pytest.mark.parametrize(
    ("tier", "expected"),
    [
        (None, Limits(0, 0.0, False, False)),
        ("STARTER", Limits(2, 3, False, False)),
        ("GROWTH", Limits(3, 4, False, False)),
        ("ADVANCED", Limits(4, 4, True, False)),
        ("ELITE", Limits(6, 5, True, True)),
    ],
)
def test_the_tier_decides(tier: str | None, expected: Limits) -> None:
    assert limits(tier) == expected


def test_lower_settings_cap_every_tier() -> None:
    for tier in SCALING_TIERS:
        capped = limits(tier.name, max_positions=1, risk_per_trade=2.5)
        assert (capped.max_positions, capped.risk_per_trade) == (1, 2.5)


def test_settings_at_or_above_the_lowest_row_are_no_cap() -> None:
    assert limits("ELITE", max_positions=3, risk_per_trade=3.5) == limits("ELITE")
    assert limits("STARTER", max_positions=6, risk_per_trade=5) == limits("STARTER")


def test_one_cap_does_not_touch_the_other() -> None:
    assert limits("ELITE", max_positions=1) == Limits(1, 5, True, True)
    assert limits("ELITE", risk_per_trade=1) == Limits(6, 1, True, True)


def test_without_micro_capital_mode_the_settings_decide() -> None:
    for tier in (None, "STARTER", "ELITE"):
        found = limits(tier, micro_capital_mode=False, max_positions=5, risk_per_trade=4.5)
        assert found == Limits(5, 4.5, False, False)


def test_the_lowest_row_is_the_one_with_the_lowest_minimum() -> None:
    SCALING_TIERS.append(ScalingTier("SEED", 5, 15, 1, 1.0))
    assert limits("ELITE") == Limits(6, 5, True, True)
    assert limits("SEED") == Limits(1, 1, False, False)
    SCALING_TIERS.append(ScalingTier("WHALE", 2000, inf, 8, 6.0, True, True))
    assert limits("WHALE", max_positions=2) == Limits(8, 6, True, True)
