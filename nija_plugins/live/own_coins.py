"""What is left of the coins that a person has marked as the own ones: they are sold or moved, too.

Counted on though they are gone, they would be missing in the bot's next positions: no account to
value, no loss limit, and the advice to delete a trade that is still there.
"""

from collections.abc import Callable, Iterable, Mapping

from freqtrade.persistence import LocalTrade

from nija_plugins.wallet import NOISE


def left_of(own: float, held: float, traded: float) -> float:
    """What is left of `own` where the exchange has `held` and open trades have `traded` (base
    currency): all of it, unless more is missing than a sale of the trades explains."""
    missing = own + traded - held
    return own if missing <= traded + NOISE * own else least_left(held, traded)


def least_left(held: float, traded: float) -> float:
    """What is left of the own coins if no trade has lost any; the same units."""
    return max(held - traded, 0.0)


class OwnCoins:
    """The own coins by asset, reading by reading of the wallets."""

    def __init__(self) -> None:
        self._fewer: frozenset[str] = frozenset()
        """The assets of which the last reading showed too few, while no trade was open in them."""

    def look(
        self,
        marked: Mapping[str, float],
        held: Callable[[str], float],
        trades: Iterable[LocalTrade],
    ) -> tuple[dict[str, float], dict[str, float]]:
        """What is left of each asset, and what is to be marked anew: where no trade is open and a
        second reading agrees (a balance may lag behind a fill)."""
        traded = dict.fromkeys(marked, 0.0)
        busy = set()
        for trade in trades:
            asset = trade.safe_base_currency
            traded[asset] = traded.get(asset, 0.0) + trade.amount
            busy.add(asset)
        left = {asset: left_of(own, held(asset), traded[asset]) for asset, own in marked.items()}
        fewer = frozenset(one for one in left if left[one] < marked[one] and one not in busy)
        anew = {asset: left[asset] for asset in fewer & self._fewer}
        self._fewer = fewer
        return left, anew
