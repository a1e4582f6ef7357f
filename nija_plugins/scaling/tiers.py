"""The one tier table, and the rule that says which row an account stands in.

People append rows to `SCALING_TIERS`; everything that depends on a tier reads them from there.
"""

import reprlib
from dataclasses import dataclass
from decimal import Decimal
from math import inf, isfinite, isnan
from numbers import Real


class EquityError(ValueError):
    """An equity that is not an amount of money; the message names the value."""


@dataclass(frozen=True, slots=True)
class ScalingTier:
    """One row of the table.

    `min_equity` (inclusive) and `max_equity` (exclusive) are in stake currency, `risk_per_trade` is
    in percent of equity, `max_positions` counts open positions over all brokers.
    """

    name: str
    min_equity: float
    max_equity: float
    max_positions: int
    risk_per_trade: float
    copy_trading: bool = False
    leverage_enabled: bool = False
    description: str = ""

    def matches(self, equity: float) -> bool:
        """Whether `equity` lies in this row's own range, whatever the other rows say."""
        return self.min_equity <= equity < self.max_equity


SCALING_TIERS: list[ScalingTier] = [
    ScalingTier("STARTER", 15.0, 250.0, 2, 3.0, description="Two positions, small risk"),
    ScalingTier("GROWTH", 250.0, 500.0, 3, 4.0, description="A third position, more risk"),
    ScalingTier("ADVANCED", 500.0, 1000.0, 4, 4.0, True, description="Copy trading unlocked"),
    ScalingTier("ELITE", 1000.0, inf, 6, 5.0, True, True, "Six positions, leverage unlocked"),
]
"""The tier table; append to it. The order of the rows does not matter."""


_checked: list[list[ScalingTier]] = [[], []]
"""The table as it was last found in order, and the same one sorted: every loop asks for it."""


def sorted_tiers() -> list[ScalingTier]:
    """The table from the lowest minimum to the highest.

    Raises ValueError naming the first row that cannot be used.
    """
    if _checked[0] != SCALING_TIERS:
        _checked[:] = [list(SCALING_TIERS), _checked_and_sorted()]
    return list(_checked[1])


def _checked_and_sorted() -> list[ScalingTier]:
    names: set[str] = set()
    minima: dict[float, str] = {}
    for tier in SCALING_TIERS:
        if problem := _problem(tier):
            raise ValueError(f"Tier {tier.name!r} of SCALING_TIERS: {problem}.")
        if tier.name in names:
            raise ValueError(f"Tier {tier.name!r} stands twice in SCALING_TIERS.")
        if twin := minima.get(tier.min_equity):
            raise ValueError(
                f"Tier {tier.name!r} of SCALING_TIERS: {twin!r} has the same min_equity, "
                f"{tier.min_equity:g}."
            )
        names.add(tier.name)
        minima[tier.min_equity] = tier.name
    return sorted(SCALING_TIERS, key=lambda tier: tier.min_equity)


def tier_named(name: str | None) -> ScalingTier | None:
    """The row called `name`, or None."""
    return next((tier for tier in SCALING_TIERS if tier.name == name), None)


def next_tier(current: ScalingTier | None) -> ScalingTier | None:
    """The row above `current` (the lowest one above "no tier"), None above the highest."""
    reached = -inf if current is None else current.min_equity
    return next((tier for tier in sorted_tiers() if tier.min_equity > reached), None)


def tier_for(
    equity: float, current: ScalingTier | None, downgrade_buffer: float
) -> ScalingTier | None:
    """The tier of an account of `equity` that stands in `current`; None is "no tier".

    Up at once. Down only below the minimum of `current` less `downgrade_buffer` percent, and then
    to the row `equity` itself reaches: rows that were jumped over lend no buffer, so the fall ends
    on the more careful of the two.
    """
    deserved = None
    for tier in sorted_tiers():
        if tier.min_equity <= equity:
            deserved = tier
    if current is None or (deserved and deserved.min_equity >= current.min_equity):
        return deserved
    # Multiplied before divided: 15 × 95 / 100 is 14.25 exactly, 15 × 0.95 only by luck.
    if equity >= current.min_equity * (100 - downgrade_buffer) / 100:
        return current
    return deserved


def checked_equity(value: object) -> float:
    """`value` as a float in stake currency; int, float (also numpy's) and Decimal are welcome.

    Raises EquityError for NaN, ±inf, negatives, None, bool and text.
    """
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        raise EquityError(f"Equity must be a number, got {_shown(value)}.")
    try:
        equity = float(value)
    except (ValueError, OverflowError):
        raise EquityError(f"Equity must be a finite number, got {_shown(value)}.") from None
    if not isfinite(equity):
        raise EquityError(f"Equity must be a finite number, got {_shown(value)}.")
    if equity < 0:
        raise EquityError(f"Equity must not be negative, got {_shown(value)}.")
    return equity + 0.0  # makes -0.0 plain zero


def _problem(tier: ScalingTier) -> str | None:
    if not tier.name:
        return "a tier needs a name"
    if not isfinite(tier.min_equity) or tier.min_equity < 0:
        return f"min_equity must be a finite amount, got {tier.min_equity}"
    if isnan(tier.max_equity) or tier.max_equity <= tier.min_equity:
        return f"max_equity must lie above min_equity, got {tier.max_equity}"
    if not isinstance(tier.max_positions, int) or tier.max_positions < 1:
        return f"max_positions must be a whole number of at least 1, got {tier.max_positions}"
    if not 0 < tier.risk_per_trade <= 100:
        return f"risk_per_trade must be a percentage above 0, got {tier.risk_per_trade}"
    return None


def _shown(value: object) -> str:
    try:
        return reprlib.repr(value)
    except ValueError:  # an integer of more digits than Python prints
        return f"an unprintable {type(value).__name__}"
