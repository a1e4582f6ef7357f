"""The structural target must pay for the stop, both after fees."""

from nija_plugins import hookimpl
from nija_plugins.entry import EntryRequest
from nija_plugins.settings import Settings


@hookimpl
def nija_veto(request: EntryRequest, settings: Settings) -> str | None:
    """Refuses a reward over risk below min_risk_reward."""
    b = request.reward_over_risk
    if not b >= settings.min_risk_reward:
        return (
            f"Reward over risk after fees is {b:.2f}, below {settings.min_risk_reward:g} "
            f"(target {request.target:.1%}, stop {request.stop:.1%}, "
            f"fee {request.market.fee:.2%} a side)."
        )
    return None
