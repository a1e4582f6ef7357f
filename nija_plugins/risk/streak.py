"""max_consecutive_losses in a row end entries for a day; the pause starts the count anew."""

from nija_plugins import hookimpl
from nija_plugins.account import Account
from nija_plugins.settings import Settings


@hookimpl
def nija_veto(account: Account, settings: Settings) -> str | None:
    """Refuses after that many losing trades since the last win or the last such pause."""
    if account.losing_streak >= settings.max_consecutive_losses:
        return f"{account.losing_streak} losses in a row: entries pause for 24 hours."
    return None
