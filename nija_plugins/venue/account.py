"""A client of the simulated exchange: balances, and what its open orders hold of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType

from nija_plugins.venue.orders import ZERO, Fill, Kind, Order, Side

Balances = Mapping[str, Decimal]
"""Currency → amount. Exact: nothing is rounded before it is printed."""


@dataclass(frozen=True, slots=True)
class Balance:
    """One currency: `total` = `free` + `used`, where `used` is what open orders hold."""

    total: Decimal
    used: Decimal

    @property
    def free(self) -> Decimal:
        """What a new order may spend."""
        return self.total - self.used


@dataclass(frozen=True, slots=True)
class Account:
    """`key` is the API key, `secret` what requests are signed with (or its public half);
    `may_withdraw` whether the key has that right, besides looking and trading."""

    key: str
    secret: str
    totals: Balances = field(default_factory=lambda: MappingProxyType({}))
    may_withdraw: bool = False

    def total(self, currency: str) -> Decimal:
        """Everything of this currency, held or not."""
        return self.totals.get(currency, ZERO)

    def plus(self, currency: str, change: Decimal) -> "Account":
        """After a movement of `change`. Raises ValueError where it would overdraw."""
        after = self.total(currency) + change
        if after < 0:
            raise ValueError(f"{self.key} has no {-change} {currency}")
        return replace(self, totals=MappingProxyType({**self.totals, currency: after}))


def hold(order: Order, fee_rate: Decimal) -> tuple[str, Decimal]:
    """Currency and amount that an open order keeps from being spent twice.

    A buy holds its remaining cost and the fee on it. A stop that will buy at the market holds what
    it would cost at the stop; what it costs beyond that must be free when it goes off.
    """
    base, _, quote = order.ticket.pair.partition("/")
    if order.ticket.side is Side.SELL:
        return base, order.remaining
    price = order.ticket.limit if order.ticket.kind is Kind.LIMIT else order.ticket.stop
    return quote, order.remaining * (price or ZERO) * (1 + fee_rate)


def statement(account: Account, orders: Iterable[Order], fee_rate: Decimal) -> dict[str, Balance]:
    """Every currency the account has ever had, with what its `orders` that are open hold."""
    used: dict[str, Decimal] = {}
    for order in orders:
        if order.open:
            currency, amount = hold(order, fee_rate)
            used[currency] = used.get(currency, ZERO) + amount
    names = sorted({*account.totals, *used})
    return {name: Balance(account.total(name), used.get(name, ZERO)) for name in names}


def settle(account: Account, fill: Fill) -> Account:
    """The account after `fill`."""
    base, _, quote = fill.pair.partition("/")
    if fill.side is Side.BUY:
        return account.plus(quote, -fill.cost - fill.fee).plus(base, fill.amount)
    return account.plus(base, -fill.amount).plus(quote, fill.cost - fill.fee)
