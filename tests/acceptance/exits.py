"""How a trade must have ended: its stop, candle by candle, in the order freqtrade works.

Before a candle the account may raise the stop. At the candle freqtrade first asks for the stop
(known from candles that had closed) and raises it, unless the candle's low has reached the stop
already; then asks whether to leave at the open, then sees whether the low reached the stop. Stops
are rounded up to the price step; what floating point adds on the way is repeated here, because a
whole step can depend on it.
"""

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal

from tests.acceptance.candles import Candles, Plan

LONGEST = 30 * 24
"""The time stop, in hours."""


@dataclass
class Life:
    """A trade entered at hour `entry` for `price`, worked candle by candle.

    `stop` is where the stop stands now, `stops` where it stood when the candle of that hour had
    been worked, `raised` the hours at whose start the account raised it. When, at what price and
    why the trade ended; `hour` is None while it has not.
    """

    candles: Candles = field(repr=False)
    entry: int
    price: float
    plan: Plan
    stop: float = 0.0
    stops: dict[int, float] = field(default_factory=dict, repr=False)
    raised: list[int] = field(default_factory=list, repr=False)
    hour: int | None = None
    rate: float = 0.0
    reason: str = ""

    def __post_init__(self) -> None:
        self._tick = self.candles.tick(self.entry)
        self._planned = self.price * (1 - self.plan.stop)
        self.stop = self._initial = _from_distance(self.price, self._planned, self._tick)
        self._best = 0.0

    def raise_stop(self, hour: int, share: float) -> None:
        """Before the candle of `hour`: moves the stop this share of its way to the last close."""
        mark = self.candles.mark(hour)
        wanted = self.stop + share * (mark - self.stop)
        if wanted > self.stop:
            self.raised.append(hour)
            self.stop = max(self.stop, _from_distance(mark, wanted, self._tick))

    def work(self, hour: int) -> None:
        """The candle of `hour`: raises the stop, ends the trade. Nothing once it has ended."""
        if self.hour is not None:
            return
        opened, high, low = self.candles.candle(hour)
        if hour > self.entry:
            self._best = max(self._best, self.candles.mark(hour))
        wanted = max(self._planned, self._best * (1 - self.plan.trail))
        if self.stop < low and wanted < high:
            self.stop = max(self.stop, _from_distance(high, wanted, self._tick))
        self.stops[hour] = self.stop
        if opened <= max(self.stop, wanted):
            self._end(hour, opened, "nija_gap_through_stop")
        elif hour - self.entry >= LONGEST:
            self._end(hour, opened, "nija_time_stop")
        elif self.stop >= low:
            moved = self.stop > self._initial
            self._end(hour, self.stop, "trailing_stop_loss" if moved else "stop_loss")

    def _end(self, hour: int, rate: float, reason: str) -> None:
        self.hour, self.rate, self.reason = hour, rate, reason


def _from_distance(reference: float, stop: float, tick: float) -> float:
    """`stop` as freqtrade stores it: a distance from `reference`, turned back into a price."""
    price = reference * (1 - abs(1 - stop / reference))
    step = Decimal(repr(tick))
    return float((Decimal(repr(price)) / step).to_integral_value(ROUND_CEILING) * step)
