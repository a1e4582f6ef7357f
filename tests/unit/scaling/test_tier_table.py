from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import inf, nan

import numpy as np
import pytest

from nija_plugins.scaling.tiers import (
    SCALING_TIERS,
    EquityError,
    ScalingTier,
    checked_equity,
    next_tier,
    tier_for,
    tier_named,
)

WHALE = ScalingTier("WHALE", 2000, inf, 8, 5.0, True, True, "appended by a test")


def name_for(equity: float, current: str | None = None, buffer: float = 5.0) -> str | None:
    tier = tier_for(equity, tier_named(current), buffer)
    return tier.name if tier else None


def test_the_table_is_the_one_in_the_design() -> None:
    rows = [
        (t.name, t.min_equity, t.max_equity, t.max_positions, t.risk_per_trade)
        for t in SCALING_TIERS
    ]
    assert rows == [
        ("STARTER", 15, 250, 2, 3),
        ("GROWTH", 250, 500, 3, 4),
        ("ADVANCED", 500, 1000, 4, 4),
        ("ELITE", 1000, inf, 6, 5),
    ]
    assert [t.copy_trading for t in SCALING_TIERS] == [False, False, True, True]
    assert [t.leverage_enabled for t in SCALING_TIERS] == [False, False, False, True]


@pytest.mark.parametrize(
    ("equity", "name"),
    [
        (0, None),
        (14.99, None),
        (15, "STARTER"),
        (249.99, "STARTER"),
        (250, "GROWTH"),
        (499.99, "GROWTH"),
        (500, "ADVANCED"),
        (999.99, "ADVANCED"),
        (1000, "ELITE"),
        (1e12, "ELITE"),
    ],
)
def test_a_fresh_account(equity: float, name: str | None) -> None:
    assert name_for(equity) == name


@pytest.mark.parametrize(
    ("current", "equity", "name"),
    [
        # up at once, over several tiers too
        ("STARTER", 250, "GROWTH"),
        ("STARTER", 1000, "ELITE"),
        ("GROWTH", 999.99, "ADVANCED"),
        # kept down to 5% below the minimum
        ("STARTER", 14.99, "STARTER"),
        ("STARTER", 14.25, "STARTER"),
        ("STARTER", 14.24, None),
        ("GROWTH", 249.99, "GROWTH"),
        ("GROWTH", 237.5, "GROWTH"),
        ("GROWTH", 237.49, "STARTER"),
        ("ADVANCED", 475, "ADVANCED"),
        ("ADVANCED", 474.99, "GROWTH"),
        ("ELITE", 950, "ELITE"),
        ("ELITE", 949.99, "ADVANCED"),
        # a fall over several tiers ends where the equity itself belongs: no borrowed buffers
        ("ELITE", 300, "GROWTH"),
        ("ELITE", 480, "GROWTH"),
        ("ADVANCED", 240, "STARTER"),
        ("ELITE", 14.5, None),
        ("ELITE", 0, None),
    ],
)
def test_an_account_that_stands_in_a_tier(current: str, equity: float, name: str | None) -> None:
    assert name_for(equity, current) == name


@pytest.mark.parametrize(("equity", "name"), [(250, "GROWTH"), (249.99, "STARTER"), (14.99, None)])
def test_a_buffer_of_zero_is_strict(equity: float, name: str | None) -> None:
    assert name_for(equity, "GROWTH", buffer=0) == name


def test_an_appended_tier_takes_effect_whatever_the_order() -> None:
    SCALING_TIERS.append(WHALE)
    assert name_for(1999.99) == "ELITE"
    assert name_for(2000) == "WHALE"
    SCALING_TIERS.reverse()
    assert name_for(2000) == "WHALE"
    assert name_for(1900, "WHALE") == "WHALE"
    assert name_for(1899.99, "WHALE") == "ELITE"
    elite = tier_named("ELITE")
    assert elite and next_tier(elite) == WHALE
    assert next_tier(WHALE) is None


def test_matches_includes_the_minimum_and_excludes_the_maximum() -> None:
    growth = tier_named("GROWTH")
    assert growth
    assert [growth.matches(e) for e in (249.99, 250, 499.99, 500)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (replace(WHALE, name="ELITE"), "'ELITE' stands twice"),
        (replace(WHALE, name=""), "needs a name"),
        (replace(WHALE, min_equity=1000.0), "'WHALE'.*'ELITE' has the same min_equity"),
        (replace(WHALE, min_equity=nan), "'WHALE'.*min_equity"),
        (replace(WHALE, min_equity=inf), "'WHALE'.*min_equity"),
        (replace(WHALE, min_equity=-1.0), "'WHALE'.*min_equity"),
        (replace(WHALE, max_equity=1999.0), "'WHALE'.*max_equity"),
        (replace(WHALE, max_equity=nan), "'WHALE'.*max_equity"),
        (replace(WHALE, max_positions=0), "'WHALE'.*max_positions"),
        (replace(WHALE, max_positions=2.5), "'WHALE'.*max_positions"),  # type: ignore[arg-type]
        (replace(WHALE, risk_per_trade=0.0), "'WHALE'.*risk_per_trade"),
        (replace(WHALE, risk_per_trade=nan), "'WHALE'.*risk_per_trade"),
    ],
)
def test_a_bad_row_is_named(row: ScalingTier, complaint: str) -> None:
    SCALING_TIERS.append(row)
    with pytest.raises(ValueError, match=complaint):
        tier_for(100, None, 5)


@pytest.mark.parametrize(
    "value",
    [250, 250.0, Decimal("250.00"), np.float64(250), np.int64(250), Fraction(250)],
    ids=lambda v: type(v).__name__,
)
def test_numbers_of_every_kind_are_equity(value: object) -> None:
    equity = checked_equity(value)
    assert equity == 250
    assert type(equity) is float


def test_minus_zero_is_zero() -> None:
    assert str(checked_equity(-0.0)) == "0.0"


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (nan, "nan"),
        (inf, "inf"),
        (-inf, "-inf"),
        (-0.01, "-0.01"),
        (-1, "-1"),
        (None, "None"),
        ("100", "'100'"),
        ("", "''"),
        (b"100", "b'100'"),
        (True, "True"),
        ([100], r"\[100\]"),
        (1j, "1j"),
        (Decimal("NaN"), "NaN"),
        (Decimal("sNaN"), "sNaN"),
        (Decimal("Infinity"), "Infinity"),
        (Decimal("1e999"), "999"),
        (Decimal("-5"), "-5"),
        (10**400, "000"),
        (10**5000, "int"),
    ],
    ids=lambda v: repr(v)[:12] if not isinstance(v, int) else str(v.bit_length()),
)
def test_anything_else_is_refused_by_name(value: object, named: str) -> None:
    with pytest.raises(EquityError, match=named) as caught:
        checked_equity(value)
    assert isinstance(caught.value, ValueError)
    assert len(str(caught.value)) < 120
