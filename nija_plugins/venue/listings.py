"""What each exchange demands of an order and charges for it, for an account without volume.

The one place for fees, minimum sizes and precision of the simulated exchange. From the exchanges'
public product lists and fee schedules; fees are the first tier's, the one a small account pays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Listing:
    """One market. `id` is the exchange's name for it, prices and `cost_min` are in quote currency,
    amounts in base currency, `half_spread` the usual distance of bid and ask from the middle as a
    fraction of the price. `settle` is the currency a perpetual future settles in, empty in spot."""

    base: str
    quote: str
    id: str
    price_tick: Decimal
    amount_step: Decimal
    amount_min: Decimal
    cost_min: Decimal
    half_spread: Decimal
    settle: str = ""

    @property
    def pair(self) -> str:
        """freqtrade's name, `BTC/USD`, `BTC/USD:USD`."""
        return f"{self.base}/{self.quote}" + (f":{self.settle}" if self.settle else "")

    def price(self, value: float) -> Decimal:
        """`value` on the price grid, at least one tick."""
        ticks = (Decimal(repr(float(value))) / self.price_tick).to_integral_value()
        return max(ticks, Decimal(1)) * self.price_tick

    def bid_and_ask(self, last: float) -> tuple[Decimal, Decimal]:
        """The best prices around `last`, at least one tick apart unless there is no spread."""
        middle = self.price(last)
        if not self.half_spread:
            return middle, middle
        half = self.price(float(middle * self.half_spread))
        return max(middle - half, self.price_tick), middle + half


@dataclass(frozen=True, slots=True)
class ExchangeRules:
    """One exchange: `maker` and `taker` are fractions of the notional (0.006 = 0.6%)."""

    name: str
    maker: Decimal
    taker: Decimal
    listings: tuple[Listing, ...]

    def without_spread(self) -> "ExchangeRules":
        """The same exchange, on which everybody buys and sells at the last price."""
        listings = tuple(replace(one, half_spread=Decimal(0)) for one in self.listings)
        return replace(self, listings=listings)

    def listing(self, pair: str) -> Listing:
        """The listing of `pair` (`BTC/USD`); raises KeyError for an unknown one."""
        for one in self.listings:
            if one.pair == pair:
                return one
        raise KeyError(f"{self.name} does not list {pair}")


def _coinbase(base: str, half_spread: str) -> Listing:
    return Listing(
        base=base,
        quote="USD",
        id=f"{base}-USD",
        price_tick=Decimal("0.01"),
        amount_step=Decimal("0.00000001"),
        amount_min=Decimal("0.00000001"),
        cost_min=Decimal("1"),
        half_spread=Decimal(half_spread),
    )


def _kraken(base: str, id_: str, price_tick: str, amount_min: str, half_spread: str) -> Listing:
    return Listing(
        base=base,
        quote="USD",
        id=id_,
        price_tick=Decimal(price_tick),
        amount_step=Decimal("0.00000001"),
        amount_min=Decimal(amount_min),
        cost_min=Decimal("0.5"),
        half_spread=Decimal(half_spread),
    )


COINBASE = ExchangeRules(
    name="coinbase",
    maker=Decimal("0.006"),
    taker=Decimal("0.012"),
    listings=(
        _coinbase("BTC", "0.00005"),
        _coinbase("ETH", "0.00005"),
        _coinbase("SOL", "0.0001"),
    ),
)

KRAKEN = ExchangeRules(
    name="kraken",
    maker=Decimal("0.0025"),
    taker=Decimal("0.0040"),
    listings=(
        _kraken("BTC", "XXBTZUSD", "0.1", "0.00005", "0.00005"),
        _kraken("ETH", "XETHZUSD", "0.01", "0.001", "0.00005"),
        _kraken("SOL", "SOLUSD", "0.01", "0.02", "0.0001"),
    ),
)


def _perpetual(base: str, id_: str, price_tick: str, amount_step: str, half_spread: str) -> Listing:
    return Listing(
        base=base,
        quote="USD",
        id=id_,
        price_tick=Decimal(price_tick),
        amount_step=Decimal(amount_step),
        amount_min=Decimal(amount_step),
        cost_min=Decimal(0),
        half_spread=Decimal(half_spread),
        settle="USD",
    )


KRAKEN_FUTURES = ExchangeRules(
    name="krakenfutures",
    maker=Decimal("0.0002"),
    taker=Decimal("0.0005"),
    listings=(
        _perpetual("BTC", "PF_XBTUSD", "1", "0.0001", "0.00005"),
        _perpetual("ETH", "PF_ETHUSD", "0.1", "0.001", "0.00005"),
        _perpetual("SOL", "PF_SOLUSD", "0.01", "0.01", "0.0001"),
    ),
)

EXCHANGES: Mapping[str, ExchangeRules] = MappingProxyType(
    {rules.name: rules for rules in (COINBASE, KRAKEN)}
)
"""Those that keep accounts."""

LISTED: Mapping[str, ExchangeRules] = MappingProxyType(
    {**EXCHANGES, KRAKEN_FUTURES.name: KRAKEN_FUTURES}
)
"""All whose markets can be looked at."""
