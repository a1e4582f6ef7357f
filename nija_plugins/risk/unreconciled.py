"""Nothing is entered into a pair of which the exchange holds more than the database knows."""

from nija_plugins import hookimpl
from nija_plugins.account import Account
from nija_plugins.entry import EntryRequest


@hookimpl
def nija_veto(request: EntryRequest, account: Account) -> str | None:
    """Refuses while a holding or an open order in the pair has no trade (live only)."""
    found = [str(one) for one in account.unexplained if one.pair == request.pair]
    if found:
        return (
            f"The exchange has {' and '.join(found)} that no trade explains: "
            f"see `nija reconcile {request.pair}`."
        )
    return None
