"""The account falls at most max_drawdown below its peak, counted as if every stop were hit."""

from nija_plugins import hookimpl
from nija_plugins.account import Account
from nija_plugins.entry import EntryRequest
from nija_plugins.settings import Settings
from nija_plugins.sizing.cuts import drawdown_cut
from nija_plugins.sizing.lot import smallest_stake


@hookimpl
def nija_veto(request: EntryRequest, account: Account, settings: Settings) -> str | None:
    """Refuses when what is left above the drawdown floor cannot carry the smallest lot."""
    left = drawdown_cut(request, account, settings).largest
    if left < smallest_stake(request, settings.min_trade_size):
        return (
            f"What is left above the drawdown floor ({settings.max_drawdown:g}% below the peak of "
            f"${account.benchmarks.peak:.2f}) allows a stake of ${left:.2f}, less than the "
            "smallest lot."
        )
    return None
