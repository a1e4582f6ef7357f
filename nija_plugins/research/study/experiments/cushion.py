"""Stakes in proportion to the cushion above the drawdown floor, instead of a halt at the floor.

Grossman and Zhou (1993), "Optimal Investment Strategies for Controlling Drawdowns": who must never
fall below a share α of the peak risks in proportion to the distance from it. Here α is 0.88, and
the wish of the hybrid sizer is multiplied by (W − 0.88 peak) / (0.12 peak). A wish: all cuts of
`nija_plugins.sizing.cuts` apply to it.
"""

from nija_plugins import hookimpl
from nija_plugins.account import Account
from nija_plugins.entry import EntryRequest
from nija_plugins.risk.floors import drawdown_floor
from nija_plugins.settings import Settings
from nija_plugins.sizing import hybrid


def cushion(account: Account, settings: Settings) -> float:
    """The share of the drawdown allowance that is left, in [0, 1]."""
    floor = drawdown_floor(account.benchmarks, settings)
    allowance = account.benchmarks.peak - floor
    return min(1.0, max(0.0, (account.worst_case - floor) / allowance))


@hookimpl
def nija_stake(request: EntryRequest, account: Account, settings: Settings) -> float:
    """The hybrid sizer's wish times the cushion, in stake currency."""
    return float(hybrid.nija_stake(request, account, settings) * cushion(account, settings))
