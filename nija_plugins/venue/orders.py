"""Orders and fills of the simulated exchange, as immutable values.

Prices are in quote currency, amounts in base currency; `cost` and `fee` are in quote currency.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)


class Side(StrEnum):
    """Which way the base currency goes."""

    BUY = "buy"
    SELL = "sell"


class Kind(StrEnum):
    """What an order becomes once it works. A `stop` in its ticket makes it wait for a price."""

    MARKET = "market"
    LIMIT = "limit"


class Lifetime(StrEnum):
    """How long an order that is not filled at once stays."""

    UNTIL_CANCELED = "GTC"
    IMMEDIATE = "IOC"
    ALL_OR_NOTHING = "FOK"


class Status(StrEnum):
    """An order is open until it is filled, or canceled with whatever it had got."""

    OPEN = "open"
    FILLED = "filled"
    CANCELED = "canceled"


class Reason(StrEnum):
    """Why an exchange refuses an order; each protocol has its own words for it."""

    UNKNOWN_PAIR = "unknown pair"
    UNSUPPORTED = "order configuration not supported"
    BAD_AMOUNT = "amount missing, not positive, or off the grid"
    BAD_PRICE = "price missing, not positive, or off the grid"
    BELOW_MINIMUM_AMOUNT = "amount below the minimum"
    BELOW_MINIMUM_COST = "cost below the minimum"
    INSUFFICIENT_FUNDS = "insufficient funds"
    WOULD_TAKE = "a post-only order would take"
    UNKNOWN_ORDER = "unknown order"
    STOP_PASSED = "the stop is already passed"


class Refused(Exception):
    """The exchange does not take this order, or this cancellation. Nothing has changed."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a client asks for.

    `amount` is what to trade; a market buy may name `cost`, the quote currency to spend with fees,
    instead. `limit` belongs to limit orders. With `stop` the order sleeps until the last price
    falls to it (`stop_up` False) or rises to it (True).
    """

    pair: str
    side: Side
    kind: Kind
    amount: Decimal | None = None
    cost: Decimal | None = None
    limit: Decimal | None = None
    stop: Decimal | None = None
    stop_up: bool = False
    post_only: bool = False
    lifetime: Lifetime = Lifetime.UNTIL_CANCELED
    expires: datetime | None = None
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution; `cost` is exactly price × amount, `fee` comes on top of it."""

    id: str
    number: int
    order_id: str
    pair: str
    side: Side
    time: datetime
    price: Decimal
    amount: Decimal
    fee: Decimal
    maker: bool

    @property
    def cost(self) -> Decimal:
        """Price × amount, without the fee."""
        return self.price * self.amount


@dataclass(frozen=True, slots=True)
class Order:
    """An accepted order.

    `number` counts the exchange's orders: earlier ones come first at one price. `working` is
    False while a stop sleeps. `touched` tells that the market has already given what it had at
    the limit; the rest waits until the price is `behind` (a distance) beyond it. `cap` is a fault:
    the amount after which the exchange leaves the order alone, and with `cap_cancels` cancels the
    rest.
    """

    id: str
    number: int
    ticket: Ticket
    opened: datetime
    working: bool
    status: Status = Status.OPEN
    fills: tuple[Fill, ...] = ()
    closed: datetime | None = None
    why: str = ""
    touched: bool = False
    behind: Decimal = ZERO
    cap: Decimal | None = None
    cap_cancels: bool = False

    @property
    def filled(self) -> Decimal:
        """Amount got so far."""
        return sum((fill.amount for fill in self.fills), ZERO)

    @property
    def remaining(self) -> Decimal:
        """Amount still wanted; zero for a market buy by cost, which never rests."""
        return ZERO if self.ticket.amount is None else self.ticket.amount - self.filled

    @property
    def cost(self) -> Decimal:
        """Σ price × amount of the fills, without fees."""
        return sum((fill.cost for fill in self.fills), ZERO)

    @property
    def fee(self) -> Decimal:
        """Σ fees of the fills."""
        return sum((fill.fee for fill in self.fills), ZERO)

    @property
    def average(self) -> Decimal:
        """Average price of the fills, zero without any."""
        return self.cost / self.filled if self.fills else ZERO

    @property
    def open(self) -> bool:
        """Can it still be filled?"""
        return self.status is Status.OPEN

    def ended(self, status: Status, when: datetime, why: str = "") -> "Order":
        """This order after its end."""
        return replace(self, status=status, closed=when, why=why)
