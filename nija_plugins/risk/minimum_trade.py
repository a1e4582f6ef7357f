"""Nothing is entered when even the smallest lot would be too large for the account.

The loss floors have rules of their own; this one is about size, risk and cash.
"""

from nija_plugins import hookimpl
from nija_plugins.account import Account
from nija_plugins.entry import EntryRequest
from nija_plugins.settings import Settings
from nija_plugins.sizing.decision import lot_obstacle

TOLD_BY_THEIR_OWN_RULE = ("daily loss", "drawdown")


@hookimpl
def nija_veto(request: EntryRequest, account: Account, settings: Settings) -> str | None:
    """Refuses, naming the rule in the way and the smallest equity that would do."""
    obstacle = lot_obstacle(request, account, settings)
    if obstacle is None or obstacle[0] in TOLD_BY_THEIR_OWN_RULE:
        return None
    return obstacle[1]
