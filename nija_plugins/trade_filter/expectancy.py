"""A rank alone lets its share through even where there is nothing to win: the expectancy after fees
must be above zero as well."""

from nija_plugins import hookimpl
from nija_plugins.entry import EntryRequest


@hookimpl
def nija_veto(request: EntryRequest) -> str | None:
    """Refuses p·b − (1 − p) ≤ 0: p the win probability, b reward over risk after fees. Inactive
    where nobody estimates a win probability."""
    p, b = request.win_probability, request.reward_over_risk
    if p is not None and not p * b - (1 - p) > 0:
        return (
            f"A win probability of {p:.0%} at a reward of {b:.2f} loses after fees: "
            f"{p * b - (1 - p):+.2f} per unit risked."
        )
    return None
