"""What of an hour's candle is visible before the hour is over."""

from dataclasses import astuple, dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Candle:
    """Prices in quote currency, volume in base currency."""

    open: float
    high: float
    low: float
    close: float
    volume: float


def forming(candle: Candle, elapsed: float) -> Candle:
    """`candle` as it stands when the fraction `elapsed` (0 to 1) of its time has passed.

    The price walks at constant speed from the open over the low and the high to the close, over
    the high first where the candle closes lower than it opened. So every partial candle lies
    within the later ones, and the last one is the candle itself.
    """
    if elapsed >= 1:
        return candle
    first, second = candle.low, candle.high
    if candle.close < candle.open:
        first, second = second, first
    stops = (candle.open, first, second, candle.close)
    left = max(elapsed, 0.0) * sum(abs(b - a) for a, b in pairwise(stops))
    seen = [candle.open]
    for a, b in pairwise(stops):
        length = abs(b - a)
        if left < length:
            seen.append(a + (b - a) * left / length)
            break
        seen.append(b)
        left -= length
    # A price on the way may be off by a rounding error; it must not leave the candle.
    price = min(max(seen[-1], candle.low), candle.high)
    seen[-1] = price
    return Candle(candle.open, max(seen), min(seen), price, candle.volume * max(elapsed, 0.0))


def walk(candle: Candle) -> list[tuple[float, float]]:
    """The corners of the way `forming` describes: fraction of the candle's time, price there."""
    first, second = candle.low, candle.high
    if candle.close < candle.open:
        first, second = second, first
    corners = (candle.open, first, second, candle.close)
    total = sum(abs(b - a) for a, b in pairwise(corners))
    if total == 0:
        return [(0.0, candle.open), (1.0, candle.close)]
    way, gone = [(0.0, candle.open)], 0.0
    for a, b in pairwise(corners):
        gone += abs(b - a)
        way.append((gone / total, b))
    return way


def as_row(candle: Candle) -> tuple[float, ...]:
    """Open, high, low, close, volume."""
    return astuple(candle)
