"""Entries wait while a change of the cash is not yet known to be a deposit or a withdrawal, and
while the money for sold coins is not there yet."""

from nija_plugins import hookimpl
from nija_plugins.account import Account


@hookimpl
def nija_veto(account: Account) -> str | None:
    """Refuses until a second reading of the wallet agrees with the first, and the database has
    heard of what was sold."""
    if account.unsettled:
        return (
            f"The cash changed by ${account.unsettled:+.2f} and no fill explains it: "
            "entries wait for a second reading of the wallet."
        )
    return account.awaited
