"""How much leverage: the tier's allowance is wished; what the stop leaves room for is the limit.

An isolated long of leverage L is liquidated when the price has fallen by 1 - (1 - 1/L)/(1 - m) of
its entry, m being the maintenance margin; freqtrade leaves a buffer before that. The planned stop
lies at most half way there, so that a gap of the stop's own size is still no liquidation.
"""

from math import floor, isfinite

from nija_plugins import hookimpl
from nija_plugins.account import Account
from nija_plugins.entry import EntryRequest, Market
from nija_plugins.settings import Settings

STEPS = 10
"""Leverage is rounded down to tenths."""


def liquidation_distance(leverage: float, market: Market) -> float:
    """How far the price may fall, as a fraction of the entry, before freqtrade closes the position
    as liquidated: its formula for isolated margin, its buffer included. 1 without leverage."""
    until_liquidated = 1 - (1 - 1 / leverage) / (1 - market.maintenance)
    return (1 - market.liquidation_buffer) * until_liquidated if leverage > 1 else 1.0


def leverage_for_stop(stop: float, market: Market) -> float:
    """The largest leverage at which `stop` (a fraction) lies at most half way to liquidation."""
    needed = 2 * stop / (1 - market.liquidation_buffer)
    return 1 / (1 - (1 - needed) * (1 - market.maintenance)) if 0 < needed < 1 else 1.0


def largest_leverage(request: EntryRequest, account: Account, settings: Settings) -> float:
    """The most that the account's tier, `max_leverage` and the stop allow, rounded down to tenths;
    1 is none. `request.leverage` does not matter."""
    if not account.limits.leverage_enabled or not isfinite(request.stop):
        return 1.0
    largest = min(settings.max_leverage, leverage_for_stop(request.stop, request.market))
    return max(1.0, floor(largest * STEPS + 1e-9) / STEPS)


@hookimpl
def nija_leverage(account: Account, settings: Settings) -> float:
    """All that the settings allow, where the tier allows any."""
    return float(settings.max_leverage) if account.limits.leverage_enabled else 1.0
