"""How each stake came about, kept with its trade for `nija report`.

Information, not money: nothing reads it back to decide anything.
"""

from math import isclose, isfinite
from typing import Any

from freqtrade.persistence import LocalTrade

from nija_plugins.account import Account
from nija_plugins.entry import EntryRequest, Mode
from nija_plugins.settings import Settings
from nija_plugins.sizing import hybrid
from nija_plugins.sizing.decision import Decision

KEY = "nija_stake"
"""Under which freqtrade stores it in a bot's database."""


class Stakes:
    """The stakes of one run: promised to a pair when decided, kept when its entry fills; in a
    backtest as plain data for its result, by a bot in freqtrade's database."""

    def __init__(self, mode: Mode) -> None:
        self.records: list[dict[str, Any]] = []
        """A backtest's filled entries (see `anatomy`), each with `opened`, its trade's time."""
        self._mode = mode
        self._promised: dict[str, dict[str, Any]] = {}

    def promise(
        self, request: EntryRequest, account: Account, decision: Decision, settings: Settings
    ) -> None:
        """The next trade in the pair has the stake of `decision`."""
        self._promised[request.pair] = anatomy(request, account, decision, settings)

    def filled(self, trade: LocalTrade) -> None:
        """The entry of `trade` has filled. One decided by another process stays unknown."""
        facts = self._promised.pop(trade.pair, None)
        if facts is None:
            return
        if self._mode == "backtest":
            opened = trade.open_date_utc.isoformat()
            self.records.append({"pair": trade.pair, "opened": opened, **facts})
        else:
            trade.set_custom_data(KEY, facts)


def anatomy(
    request: EntryRequest, account: Account, decision: Decision, settings: Settings
) -> dict[str, Any]:
    """A stake taken apart, as plain data.

    `equity`, `wish`, `lot`, `stake`, the values of `cuts` (the largest stake each allows) and of
    `legs` (what each adds to the wish) in stake currency; `stop`, `target`, `trail`, `fee` and
    `loss` (what a unit of stake loses at the stop, fees included) as fractions. `legs` is empty
    when another sizer than the hybrid one wished.
    """
    base = hybrid.sizing_base(account, settings)
    legs = {
        leg.name: base * leg.weight * leg.fraction
        for leg in hybrid.legs(request, account, settings)
    }
    if not isclose(sum(legs.values()), decision.wish, rel_tol=1e-9):
        legs = {}
    facts: dict[str, Any] = {
        "equity": account.equity,
        "price": request.price,
        "stop": request.stop,
        "target": request.target,
        "trail": request.trail,
        "fee": request.market.fee,
        "loss": request.loss_at_stop,
        "score": request.score,
        "confidence": request.confidence,
        "win_probability": request.win_probability,
        "legs": legs,
        "wish": decision.wish,
        "cuts": {cut.name: cut.largest for cut in decision.cuts if isfinite(cut.largest)},
        "lot": decision.smallest_lot,
        "stake": decision.stake,
    }
    tier = account.tier.name if account.tier else None
    return {"tier": tier, "by": decision.decided_by, **_short(facts)}


def _short(facts: dict[str, Any]) -> dict[str, Any]:
    """Eight significant digits: enough to the cent, and half the size of a result."""
    return {
        name: _short(value)
        if isinstance(value, dict)
        else float(f"{value:.8g}")
        if isinstance(value, float)
        else value
        for name, value in facts.items()
    }
