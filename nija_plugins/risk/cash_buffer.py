"""Part of the equity stays in cash, always."""

from nija_plugins import hookimpl
from nija_plugins.account import Account
from nija_plugins.settings import Settings


@hookimpl
def nija_veto(account: Account, settings: Settings) -> str | None:
    """Refuses when the free cash is already down to the buffer."""
    buffer = settings.force_cash_buffer / 100 * account.equity
    if account.all_free_cash <= buffer:
        return (
            f"${account.all_free_cash:.2f} is free, and {settings.force_cash_buffer:g}% of "
            f"${account.equity:.2f} stays in cash."
        )
    return None
