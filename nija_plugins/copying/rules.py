"""Why a follower refuses a copy: rules of its own, next to every money rule that any entry obeys.

The leader's market rules have let the trade pass; the follower's are not asked again.
"""

from datetime import datetime, timedelta

from nija_plugins.copying.tag import Copy
from nija_plugins.settings import Settings

LEFT_TO_THE_LEADER = frozenset(
    {
        "trade_filter.signal_score",
        "trade_filter.reward_risk",
        "trade_filter.confidence",
        "trade_filter.expectancy",
    }
)
"""Rules about the signal. Broken candles are the follower's own: its stop trails behind them."""

FRESH = timedelta(seconds=60)
"""How old a leader's entry may be when it is copied."""

CLOCK_DOUBT = timedelta(seconds=10)
"""How far ahead of ours the leader's clock may be."""

CHASE = 0.25
"""How far above the leader's price a copy may be bought, as a part of the way to the stop."""


def too_old(copy: Copy, now: datetime) -> str | None:
    """A sentence when the leader's entry is too old at `now` (UTC), or lies in the future."""
    age = now - copy.filled_at
    if age < -CLOCK_DOUBT:
        return (
            f"The leader's entry lies {-age.total_seconds():.0f} s in the future by this clock: "
            "the clocks are apart."
        )
    if age > FRESH:
        return (
            f"The leader's entry is {age.total_seconds():.0f} s old; after "
            f"{FRESH.total_seconds():.0f} s it is not chased."
        )
    return None


def moved_away(copy: Copy, price: float) -> str | None:
    """A sentence when `price` (stake currency) is no longer the one the leader decided on."""
    stop = copy.price * (1 - copy.stop)
    if price <= stop:
        return f"The price of {price:g} has fallen through the leader's stop at {stop:g}."
    highest = copy.price * (1 + CHASE * copy.stop)
    if price > highest:
        return (
            f"The price of {price:g} has run away from the leader's {copy.price:g}: above "
            f"{highest:g} it is not chased."
        )
    return None


def too_wide(copy: Copy, widest: float) -> str | None:
    """A sentence when stop or trail reach beyond `widest`, a fraction of the price."""
    reach = max(copy.stop, copy.trail)
    if reach > widest:
        return f"The leader's stop or trail of {reach:.1%} is wider than the {widest:.1%} here."
    return None


def takes_copies(settings: Settings) -> str | None:
    """A sentence when this account follows nobody."""
    if settings.mode != "MASTER_FOLLOW":
        return f'This account takes no copies: "mode" is {settings.mode}, not MASTER_FOLLOW.'
    return None
