"""Three incidents in an hour end entries: whatever is wrong, a person should look."""

from nija_plugins import hookimpl
from nija_plugins.account import Account
from nija_plugins.settings import Settings

TOO_MANY = 3


@hookimpl
def nija_veto(account: Account, settings: Settings) -> str | None:
    """Refuses after TOO_MANY incidents within an hour, unless auto_shutoff_on_errors is off."""
    if settings.auto_shutoff_on_errors and len(account.incidents) >= TOO_MANY:
        told = "; ".join(incident.sentence.rstrip(".") for incident in account.incidents)
        return f"{len(account.incidents)} incidents within an hour: {told}."
    return None
