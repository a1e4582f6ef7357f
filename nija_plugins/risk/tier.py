"""No tier, no entries; and no more positions than the tier carries."""

from nija_plugins import hookimpl
from nija_plugins.account import Account
from nija_plugins.settings import Settings


@hookimpl
def nija_veto(account: Account, settings: Settings) -> str | None:
    """Refuses below the lowest tier and when all positions are taken."""
    if account.tier is None and settings.micro_capital_mode:
        return f"No tier for an equity of ${account.equity:.2f}; open positions stay managed."
    limit = account.limits.max_positions
    if account.open_positions >= limit:
        where = f" ({len(account.others.held)} on other brokers)" if account.others.held else ""
        return f"{account.open_positions} of {limit} positions are open{where}."
    return None
