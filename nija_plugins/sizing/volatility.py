"""The volatility leg: risk_per_trade / 5 of equity a day, over the daily volatility of the stake,
which is the pair's times the leverage."""

from nija_plugins.account import Account
from nija_plugins.entry import EntryRequest
from nija_plugins.settings import Settings

DAYS_OF_RISK = 5
"""A trade's risk is spread over this many days of ordinary movement."""


def volatility_leg(request: EntryRequest, account: Account, settings: Settings) -> float:
    """Fraction of equity in [0, max_position_pct]; 0 when the volatility is not known."""
    if not request.daily_volatility > 0:
        return 0.0
    moved = request.daily_volatility * request.leverage
    daily_risk = account.limits.risk_per_trade / 100 / DAYS_OF_RISK
    return min(daily_risk / moved, settings.max_position_pct / 100)
