"""The equity leg: an equal share of what may be deployed."""

from nija_plugins.account import Account
from nija_plugins.entry import EntryRequest
from nija_plugins.settings import Settings


def equity_leg(request: EntryRequest, account: Account, settings: Settings) -> float:
    """(1 - cash buffer) / min(tier positions, tradable pairs × brokers), as a fraction of equity
    in [0, max_position_pct]."""
    shares = min(account.limits.max_positions, request.tradable_pairs * account.brokers)
    if shares < 1:
        return 0.0
    share = (1 - settings.force_cash_buffer / 100) / shares
    return min(share, settings.max_position_pct / 100)
