"""While all pairs are locked nothing is entered; freqtrade itself lets force-entries by."""

from nija_plugins import hookimpl
from nija_plugins.account import Account


@hookimpl
def nija_veto(account: Account) -> str | None:
    """Refuses while a lock on all pairs is active."""
    for reason, until in account.locks:
        return f"All pairs are locked until {until:%Y-%m-%d %H:%M} UTC ({reason})."
    return None
