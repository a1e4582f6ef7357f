"""What an account may do, from its tier and the user's own caps."""

from dataclasses import dataclass

from nija_plugins.scaling.tiers import ScalingTier, sorted_tiers
from nija_plugins.settings import Settings


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be opened next. `risk_per_trade` is in percent of equity."""

    max_positions: int
    risk_per_trade: float
    copy_trading: bool
    leverage_enabled: bool


NOTHING = Limits(max_positions=0, risk_per_trade=0.0, copy_trading=False, leverage_enabled=False)
"""The limits of an account without a tier."""


def effective_limits(tier: ScalingTier | None, settings: Settings) -> Limits:
    """The limits in force.

    In micro-capital mode the tier decides; `max_positions` and `risk_per_trade` of `settings` are
    the lowest tier's row, and only a lower value is a cap over every tier. Without it those two
    settings decide alone, with `copy_trading` and `leverage_enabled`, and nothing else is unlocked.
    """
    if not settings.micro_capital_mode:
        own = settings
        return Limits(own.max_positions, own.risk_per_trade, own.copy_trading, own.leverage_enabled)
    if tier is None:
        return NOTHING
    lowest = sorted_tiers()[0]
    positions, risk = tier.max_positions, tier.risk_per_trade
    if settings.max_positions < lowest.max_positions:
        positions = min(positions, settings.max_positions)
    if settings.risk_per_trade < lowest.risk_per_trade:
        risk = min(risk, settings.risk_per_trade)
    copying = tier.copy_trading and not settings.forbids("copy_trading")
    return Limits(positions, risk, copying, tier.leverage_enabled)
