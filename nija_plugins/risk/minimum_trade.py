"""Nothing is entered when even the smallest lot would be too much."""

from nija_plugins import hookimpl
from nija_plugins.account import Account
from nija_plugins.entry import EntryRequest
from nija_plugins.settings import Settings
from nija_plugins.sizing.decision import lot_obstacle


@hookimpl
def nija_veto(request: EntryRequest, account: Account, settings: Settings) -> str | None:
    """Refuses, naming the rule in the way and the smallest equity that would do."""
    obstacle = lot_obstacle(request, account, settings)
    return obstacle[1] if obstacle else None
