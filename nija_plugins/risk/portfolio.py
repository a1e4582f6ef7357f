"""Whether an entry that was sized still fits, now that the other brokers were asked again."""

from nija_plugins.account import Account
from nija_plugins.entry import EntryRequest
from nija_plugins.risk import tier
from nija_plugins.settings import Settings
from nija_plugins.sizing.cuts import shared_cuts

DUST = 1e-9
"""The share of a stake that binary fractions may be off."""


def taken_meanwhile(
    stake: float, request: EntryRequest, account: Account, settings: Settings
) -> str | None:
    """Why another broker's entry leaves no room for this `stake` (stake currency), or None."""
    full = tier.nija_veto(account, settings)
    if full is not None:
        return full
    for cut in shared_cuts(request, account, settings):
        if stake > cut.largest * (1 + DUST):
            return (
                f"Another broker was faster: ${cut.largest:.2f} of ${stake:.2f} is left, {cut.why}."
            )
    return None
