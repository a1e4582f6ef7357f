"""How an account's equity went, day by day, in NIJA's own definition of equity."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass
class EquityRecord:
    """Opening, high, low and closing equity of each UTC day, and the extremes over all of them; how
    many stops the floors raised on which day.

    Plain data inside, because it travels in a backtest's result.
    """

    facts: dict[str, Any] = field(
        default_factory=lambda: {"worst_day": 0.0, "drawdown": 0.0, "days": [], "raised": {}}
    )
    _peak: float = 0.0

    def see(self, now: datetime, equity: float) -> None:
        """Adds what a loop found; `equity` in stake currency."""
        days = self.facts["days"]
        today = now.date().isoformat()
        if not days or days[-1][0] != today:
            days.append([today, equity, equity, equity, equity])
        day = days[-1]
        day[2], day[3], day[4] = max(day[2], equity), min(day[3], equity), equity
        self._peak = max(self._peak, equity)
        if day[1] > 0:
            self.facts["worst_day"] = min(self.facts["worst_day"], equity / day[1] - 1)
        if self._peak > 0:
            self.facts["drawdown"] = max(self.facts["drawdown"], 1 - equity / self._peak)

    def raised(self, now: datetime, stops: int) -> None:
        """Adds `stops` that were raised to keep W above a floor."""
        today = now.date().isoformat()
        self.facts["raised"][today] = self.facts["raised"].get(today, 0) + stops
