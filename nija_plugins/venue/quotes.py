"""What an exchange says about a market at this moment: last price, spread, depth, past day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from nija_plugins.venue.listings import ExchangeRules, Listing
from nija_plugins.venue.market.candles import CandleSource

Clock = Callable[[], datetime]
"""The present moment, in UTC."""
LEVELS = 25
"""Order book levels on each side."""


def wall_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Quote:
    """Prices in quote currency; `day_volume` in base currency, `vwap` its average price."""

    time: datetime
    last: Decimal
    bid: Decimal
    ask: Decimal
    day_open: Decimal
    day_high: Decimal
    day_low: Decimal
    day_volume: float
    vwap: Decimal

    @property
    def day_change(self) -> float:
        """Change over the last 24 hours in percent."""
        return float((self.last / self.day_open - 1) * 100)


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the order book: price in quote currency, size in base currency."""

    price: Decimal
    size: Decimal


@dataclass(frozen=True, slots=True)
class Quotes:
    """One exchange's markets over a candle source, at the time the clock tells."""

    rules: ExchangeRules
    source: CandleSource
    clock: Clock

    def listings(self) -> list[Listing]:
        """The markets that have candles."""
        return [one for one in self.rules.listings if one.base in self.source.assets]

    def find(self, market_id: str) -> Listing | None:
        """The market with this exchange id, None when there is none."""
        return next((one for one in self.listings() if one.id == market_id), None)

    def quote(self, listing: Listing) -> Quote:
        """The market now. Before its first candle every price is one tick."""
        now = self.clock()
        last = self.source.last_price(listing.pair, now) or 0.0
        bid, ask = listing.bid_and_ask(last)
        day = self.source.candles(listing.pair, "1h", now - timedelta(days=1), now, now)
        volume = float(day["volume"].sum())
        typical = (day["high"] + day["low"] + day["close"]) / 3
        average = float((typical * day["volume"]).sum()) / volume if volume else last
        return Quote(
            time=now,
            last=listing.price(last),
            bid=bid,
            ask=ask,
            day_open=listing.price(float(day["open"].iloc[0]) if len(day) else last),
            day_high=listing.price(float(day["high"].max()) if len(day) else last),
            day_low=listing.price(float(day["low"].min()) if len(day) else last),
            day_volume=volume,
            vwap=listing.price(average),
        )

    def book(self, listing: Listing, depth: int) -> tuple[list[Level], list[Level]]:
        """Bids and asks, best first: the spread of `quote`, then levels that grow with distance."""
        quote = self.quote(listing)
        return ladders(listing, quote.bid, quote.ask, quote.day_volume, depth)

    def book_at(
        self, listing: Listing, moment: datetime, last: float
    ) -> tuple[list[Level], list[Level]]:
        """The whole book at a moment of the past when the price was `last`."""
        day = self.source.candles(listing.pair, "1h", moment - timedelta(days=1), moment, moment)
        bid, ask = listing.bid_and_ask(last)
        return ladders(listing, bid, ask, float(day["volume"].sum()), LEVELS)


def ladders(
    listing: Listing, bid: Decimal, ask: Decimal, day_volume: float, depth: int
) -> tuple[list[Level], list[Level]]:
    """Bids and asks that begin at `bid` and `ask`; `day_volume` in base currency."""
    # A two-thousandth of a usual hour at the best price: thin, yet far above a small order.
    best = max(Decimal(repr(day_volume)) / 24 / 2000, listing.amount_min * 100)
    gap = max(listing.price(float(bid) * 0.0001), listing.price_tick)
    bids, asks = [], []
    for step in range(max(1, min(depth, LEVELS))):
        size = (best * (1 + step)).quantize(listing.amount_step)
        if bid - gap * step > 0:
            bids.append(Level(bid - gap * step, size))
        asks.append(Level(ask + gap * step, size))
    return bids, asks
