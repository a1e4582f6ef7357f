"""How a trade must have ended: its stop, candle by candle, in the order freqtrade works.

At each candle freqtrade first asks for the stop (known from candles that had closed), raises it,
then asks whether to leave at the open, then sees whether the candle's low reached the stop. Stops
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
    """A trade from its entry: `stops` by hour, as they stood when that candle had been worked;
    when, at what price and why it ended. `hour` is None while it had not by the last candle."""

    stops: dict[int, float] = field(default_factory=dict)
    hour: int | None = None
    rate: float = 0.0
    reason: str = ""

    def stop_at(self, hour: int) -> float:
        """The stop after the candle of `hour`, or after the last one that was worked."""
        return self.stops[min(hour, max(self.stops))]


def live(candles: Candles, entry: int, price: float, plan: Plan, last: int) -> Life:
    """The life of a trade entered at hour `entry`, followed to hour `last` at most."""
    tick = candles.tick(entry)
    planned = price * (1 - plan.stop)
    life = Life()
    stop = _from_distance(price, planned, tick)
    initial, best = stop, 0.0
    for hour in range(entry, last + 1):
        opened, high, low = candles.candle(hour)
        if hour > entry:
            best = max(best, candles.mark(hour))
        wanted = max(planned, best * (1 - plan.trail))
        if stop < low and wanted < high:
            stop = max(stop, _from_distance(high, wanted, tick))
        life.stops[hour] = stop
        if opened <= max(stop, wanted):
            life.rate, life.reason = opened, "nija_gap_through_stop"
        elif hour - entry >= LONGEST:
            life.rate, life.reason = opened, "nija_time_stop"
        elif stop >= low:
            life.rate = stop
            life.reason = "trailing_stop_loss" if stop > initial else "stop_loss"
        else:
            continue
        life.hour = hour
        break
    return life


def _from_distance(reference: float, stop: float, tick: float) -> float:
    """`stop` as freqtrade stores it: a distance from `reference`, turned back into a price."""
    price = reference * (1 - abs(1 - stop / reference))
    step = Decimal(repr(tick))
    return float((Decimal(repr(price)) / step).to_integral_value(ROUND_CEILING) * step)
