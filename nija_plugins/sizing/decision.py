"""From a wish to a stake: cut it, round it to a lot, lift it to the smallest lot, or refuse."""

from dataclasses import dataclass

from nija_plugins.account import Account
from nija_plugins.entry import EntryRequest
from nija_plugins.settings import Settings
from nija_plugins.sizing.cuts import Cut, lot_cut, position_cut, shared_cuts, tightest
from nija_plugins.sizing.lot import floor_amount, smallest_amount, smallest_stake, stake_for
from nija_plugins.sizing.smallest import smallest_equity


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a wish. `stake` is 0 when refused, and `refusal` then says why.

    `amount` is the lot in base currency, worth stake × leverage; `lifted` is true when the stake is
    the smallest lot because the wish was below it; `decided_by` names what fixed the size.
    """

    wish: float
    cuts: tuple[Cut, ...]
    smallest_lot: float
    stake: float
    amount: float
    lifted: bool
    decided_by: str
    refusal: str | None = None


def decide(wish: float, request: EntryRequest, account: Account, settings: Settings) -> Decision:
    """The stake for a wished one, in stake currency. Pure; every number is in the Decision."""
    shared = shared_cuts(request, account, settings)
    cuts = (position_cut(request, account, settings), *shared)
    lot = smallest_amount(request, settings.min_trade_size)
    lot_stake = lot * request.price / request.leverage

    def refused(by: str, sentence: str) -> Decision:
        return Decision(wish, cuts, lot_stake, 0.0, 0.0, False, by, sentence)

    if wish <= 0:
        return refused("wish", "The sizer wishes no stake: it sees no edge after fees.")
    tight = tightest(cuts)
    allowed = min(wish, tight.largest)
    if allowed <= 0:
        return refused(tight.name, f"Nothing is left to risk: {tight.why}.")
    amount = floor_amount(allowed * request.leverage / request.price, request.market)
    if amount >= lot:
        by = tight.name if tight.largest < wish else "wish"
        stake = min(stake_for(amount, request), allowed)
        return Decision(wish, cuts, lot_stake, stake, amount, False, by)
    obstacle = lot_obstacle(request, account, settings)
    if obstacle is not None:
        return refused(*obstacle)
    lot_cuts = (lot_cut(request, account, settings), *shared)
    stake = min(stake_for(lot, request), tightest(lot_cuts).largest)
    return Decision(wish, lot_cuts, lot_stake, stake, lot, True, "smallest lot")


def lot_obstacle(
    request: EntryRequest, account: Account, settings: Settings
) -> tuple[str, str] | None:
    """Why even the smallest lot is too much, as (rule, sentence), or None when it is not."""
    lot_stake = smallest_stake(request, settings.min_trade_size)
    tight = tightest(
        (lot_cut(request, account, settings), *shared_cuts(request, account, settings))
    )
    if lot_stake <= tight.largest:
        return None
    needed = smallest_equity(request, settings)
    return (
        tight.name,
        f"The smallest lot of {request.pair} costs ${lot_stake:.2f}, but only "
        f"${tight.largest:.2f} is allowed: {tight.why}. With this stop, a fresh account "
        f"trades {request.pair} from ${needed:.2f}.",
    )
