"""A day loses at most daily_max_loss, counted as if every stop were hit."""

from nija_plugins import hookimpl
from nija_plugins.account import Account
from nija_plugins.entry import EntryRequest
from nija_plugins.settings import Settings
from nija_plugins.sizing.cuts import daily_loss_cut
from nija_plugins.sizing.lot import smallest_stake


@hookimpl
def nija_veto(request: EntryRequest, account: Account, settings: Settings) -> str | None:
    """Refuses when what is left of the day's budget cannot carry the smallest lot."""
    left = daily_loss_cut(request, account, settings).largest
    if left < smallest_stake(request, settings.min_trade_size):
        return (
            f"What is left of today's loss budget ({settings.daily_max_loss:g}% of "
            f"${account.benchmarks.day_open:.2f}) allows a stake of ${left:.2f}, less than the "
            "smallest lot."
        )
    return None
