"""The plan of each trade, fixed when its stake was decided: candles that come later, a restart or a
changed plugin must not move the stop under a stake that was sized for it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from math import isfinite
from typing import TYPE_CHECKING

from nija_plugins.candles.book import Reading

if TYPE_CHECKING:
    from freqtrade.persistence import LocalTrade

KEY = "nija_plan"
"""Under which freqtrade stores a trade's plan in its database."""


@dataclass(frozen=True, slots=True)
class FrozenPlan:
    """How a trade is managed: distances as fractions, as in `view.Plan`. The target is no order, it
    is what the stake was sized for; None for a trade of which nobody knows it."""

    stop: float
    trail: float
    target: float | None = None

    @classmethod
    def of(cls, reading: Reading) -> "FrozenPlan":
        """The plan that `reading` proposes."""
        return cls(
            stop=reading.stop,
            trail=reading.trail,
            target=reading.target if isfinite(reading.target) else None,
        )

    def stop_price(self, open_rate: float, highest_close: float | None) -> float:
        """The planned stop, trailed behind the highest close since entry, in stake currency.

        Closed candles only, so that a backtest never trails on a high it could not have seen
        before the low.
        """
        planned = open_rate * (1 - self.stop)
        if highest_close is None:
            return planned
        return max(planned, highest_close * (1 - self.trail))


@dataclass
class Plans:
    """The plans of one run: promised to a pair when its stake is decided, then frozen to the trade,
    in freqtrade's database too."""

    _promised: dict[str, FrozenPlan] = field(default_factory=dict)
    _frozen: dict[tuple[int, datetime], FrozenPlan] = field(default_factory=dict)
    """By the trade's id and when it opened: an entry that never fills leaves freqtrade's database,
    and SQLite gives its id to the next trade."""

    def promise(self, pair: str, plan: FrozenPlan) -> None:
        """The next trade in `pair` is sized for `plan`."""
        self._promised[pair] = plan

    def stop_of_resting(self, trade: "LocalTrade") -> float | None:
        """The price of the stop that `trade`, whose entry rests, gets when it fills."""
        plan = self._frozen.get((trade.id, trade.open_date_utc), self._promised.get(trade.pair))
        return plan.stop_price(trade.open_rate, None) if plan else None

    def of(
        self, trade: "LocalTrade", otherwise: Callable[[], FrozenPlan | None]
    ) -> FrozenPlan | None:
        """The plan of `trade`; `otherwise` is asked for a trade of which nothing is remembered (the
        bot died between its order and the next loop). None when nobody knows."""
        known = self._frozen.get(key := (trade.id, trade.open_date_utc))
        if known is None:
            stored = trade.get_custom_data(KEY)
            plan = FrozenPlan(**stored) if stored else self._promised.get(trade.pair)
            known = plan or otherwise()
            if known is None:
                return None
            self._frozen[key] = known
            if not stored:
                trade.set_custom_data(KEY, asdict(known))
        return known
