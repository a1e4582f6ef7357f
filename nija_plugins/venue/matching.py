"""Who gets what at which price: pure functions over the quoted book and one account's order.

The market is everybody else. It quotes a book of limited depth, and it trades at the price the
candles tell. Accounts of the simulated exchange do not trade with each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from nija_plugins.venue.listings import Listing
from nija_plugins.venue.orders import ZERO, Kind, Lifetime, Reason, Refused, Side, Ticket
from nija_plugins.venue.quotes import Level


@dataclass(frozen=True, slots=True)
class Execution:
    """A piece of an order at one price."""

    price: Decimal
    amount: Decimal


def check(ticket: Ticket, listing: Listing) -> None:
    """Raises Refused when the exchange's own rules about sizes and precision are broken."""
    for price in (ticket.limit, ticket.stop):
        if price is not None and not _on_grid(price, listing.price_tick):
            raise Refused(Reason.BAD_PRICE)
    if ticket.kind is Kind.LIMIT and ticket.limit is None:
        raise Refused(Reason.BAD_PRICE)
    if ticket.amount is None:
        by_cost = ticket.kind is Kind.MARKET and ticket.side is Side.BUY and ticket.stop is None
        if not by_cost or ticket.cost is None:
            raise Refused(Reason.BAD_AMOUNT)
        if not ticket.cost.is_finite() or ticket.cost <= 0:
            raise Refused(Reason.BAD_AMOUNT)
        if ticket.cost < listing.cost_min:
            raise Refused(Reason.BELOW_MINIMUM_COST)
        return
    if not _on_grid(ticket.amount, listing.amount_step):
        raise Refused(Reason.BAD_AMOUNT)
    if ticket.amount < listing.amount_min:
        raise Refused(Reason.BELOW_MINIMUM_AMOUNT)
    if ticket.limit is not None and ticket.amount * ticket.limit < listing.cost_min:
        raise Refused(Reason.BELOW_MINIMUM_COST)


def _on_grid(value: Decimal, step: Decimal) -> bool:
    return value.is_finite() and value > 0 and value % step == 0


def crosses(ticket: Ticket, levels: Sequence[Level]) -> bool:
    """Would the order trade at once with the opposite side's `levels`?"""
    return bool(levels) and _acceptable(levels[0].price, ticket.side, ticket.limit)


def take(
    side: Side,
    amount: Decimal,
    levels: Sequence[Level],
    *,
    limit: Decimal | None = None,
) -> list[Execution]:
    """What `amount` gets from the opposite side's `levels`, best first, no worse than `limit`.

    Less than `amount` in all when the book ends, or its prices leave the limit.
    """
    got: list[Execution] = []
    left = amount
    for level in levels:
        if left <= 0 or not _acceptable(level.price, side, limit):
            break
        size = min(left, level.size)
        if size > 0:
            got.append(Execution(level.price, size))
            left -= size
    return got


def take_for(
    funds: Decimal,
    levels: Sequence[Level],
    fee_rate: Decimal,
    step: Decimal,
    amount: Decimal | None = None,
) -> list[Execution]:
    """What `funds` of quote currency buy, fees included: whole amount steps, at most `amount`."""
    got: list[Execution] = []
    left = amount
    for level in levels:
        price = level.price * (1 + fee_rate)
        affordable = (funds / price).quantize(step, ROUND_DOWN)
        while affordable * price > funds:  # a quotient of 28 digits may be rounded up
            affordable -= step
        size = min(affordable, level.size) if left is None else min(affordable, level.size, left)
        if size <= 0:
            break
        got.append(Execution(level.price, size))
        funds -= size * price
        left = None if left is None else left - size
    return got


def up_to(executions: Sequence[Execution], amount: Decimal) -> list[Execution]:
    """The first `amount` of them."""
    cut: list[Execution] = []
    for one in executions:
        size = min(one.amount, amount)
        if size > 0:
            cut.append(Execution(one.price, size))
        amount -= size
    return cut


def complete(executions: Sequence[Execution], amount: Decimal) -> bool:
    """Do they make all of `amount`?"""
    return sum((one.amount for one in executions), ZERO) == amount


def rests(ticket: Ticket) -> bool:
    """Does what is not filled at once stay in the book?"""
    return ticket.kind is Kind.LIMIT and ticket.lifetime is Lifetime.UNTIL_CANCELED


def _acceptable(price: Decimal, side: Side, limit: Decimal | None) -> bool:
    if limit is None:
        return True
    return price <= limit if side is Side.BUY else price >= limit
