"""The Kelly leg: half of p - (1 - p)/b of equity.

Kelly, J. L. (1956), "A New Interpretation of Information Rate", for a bet that pays b to 1 with
probability p; halved, because p is an estimate.
"""

from nija_plugins.account import Account
from nija_plugins.entry import EntryRequest
from nija_plugins.settings import Settings

PRIOR_TRADES = 20
"""Weight of the prior, in closed trades of this account."""

PRIOR_EDGE = 0.02
"""How much above break-even an account without history is believed to win."""


def win_probability(request: EntryRequest, account: Account) -> float:
    """p: the filter's probability, else 1/(1 + b) + 0.02, shrunk towards this account's own
    closed trades (mean of a Beta posterior whose prior is worth 20 trades)."""
    prior = request.win_probability
    if prior is None:
        prior = min(1.0, 1 / (1 + request.reward_over_risk) + PRIOR_EDGE)
    trades = account.wins + account.losses
    return (PRIOR_TRADES * prior + account.wins) / (PRIOR_TRADES + trades)


def kelly_leg(request: EntryRequest, account: Account, settings: Settings) -> float:
    """Fraction of equity in [0, max_position_pct]; 0 without an edge after fees."""
    b = request.reward_over_risk
    if b <= 0:
        return 0.0
    p = win_probability(request, account)
    return min(max((p - (1 - p) / b) / 2, 0.0), settings.max_position_pct / 100)
