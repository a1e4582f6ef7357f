"""Nothing is entered into a pair of which the exchange holds more than the database knows, and what
no trade explains takes a position of the tier."""

from nija_plugins import hookimpl
from nija_plugins.account import Account
from nija_plugins.entry import EntryRequest


@hookimpl
def nija_veto(request: EntryRequest, account: Account) -> str | None:
    """Refuses while a holding or an open order in the pair has no trade, or while such ones and the
    open trades fill the tier's positions (live only)."""
    found = [str(one) for one in account.unexplained if one.pair == request.pair]
    if found:
        return (
            f"The exchange has {' and '.join(found)} that no trade explains: "
            f"see `nija reconcile {request.pair}`."
        )
    foreign = {one.pair for one in account.unexplained}
    taken = foreign.union(position.pair for position in account.positions)
    if foreign and len(taken) >= account.limits.max_positions:
        return (
            f"All {account.limits.max_positions} positions are taken, with what no trade explains "
            f"in {', '.join(sorted(foreign))}: see `nija reconcile {min(foreign)}`."
        )
    return None
