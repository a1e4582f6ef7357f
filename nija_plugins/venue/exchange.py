"""One simulated exchange: accounts, their orders, and what the market does to them.

Time comes from outside. `look()` brings the books up to now: it walks the price from the last look
to this moment and fills what it crosses, in the order of the crossings. So the result is the same
however often somebody looked in between.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from nija_plugins.venue import matching
from nija_plugins.venue.account import Account, Balance, settle, statement
from nija_plugins.venue.listings import ExchangeRules, Listing
from nija_plugins.venue.market.path import Move, moves
from nija_plugins.venue.matching import Execution
from nija_plugins.venue.orders import (
    ZERO,
    Fill,
    Kind,
    Lifetime,
    Order,
    Reason,
    Refused,
    Side,
    Status,
    Ticket,
)
from nija_plugins.venue.quotes import Level, Quotes

Name = Callable[[str, int], str]
"""Makes an id out of what it is for (`order`, `fill`) and a number."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """A fault of the exchange with one order: only `share` of it is filled at once, what is left
    rests (`cancels` False) or is canceled by the exchange."""

    share: Decimal
    cancels: bool


@dataclass(slots=True)
class _Client:
    account: Account
    orders: dict[str, Order] = field(default_factory=dict)
    resting: dict[str, Order] = field(default_factory=dict)
    before: dict[str, Balance] = field(default_factory=dict)
    nonce: int = 0


class SimulatedExchange:
    """The books of one exchange. Not safe for threads; `Venue` holds the lock."""

    def __init__(self, quotes: Quotes, name: Name, *, refuses_passed_stops: bool = False) -> None:
        self.quotes = quotes
        self.rules: ExchangeRules = quotes.rules
        self.market: dict[str, Decimal] = {}
        """What the market has got from all clients (or given them: negative), per currency."""
        self.fees: dict[str, Decimal] = {}
        """Fees taken from all clients, per currency."""
        self.deposited: dict[str, Decimal] = {}
        """Deposits less withdrawals of all clients, per currency."""
        self._name = name
        self._refuses_passed_stops = refuses_passed_stops
        self._clients: dict[str, _Client] = {}
        self._seen: datetime | None = None
        self._orders = 0
        self._fills = 0

    # -- clients

    def open_account(self, key: str, secret: str, may_withdraw: bool = False) -> None:
        """A new, empty account. Raises ValueError where the key is taken."""
        if key in self._clients:
            raise ValueError(f"{self.rules.name} has an account {key} already")
        self._clients[key] = _Client(Account(key, secret, may_withdraw=may_withdraw))

    @property
    def keys(self) -> list[str]:
        """API keys of all accounts."""
        return list(self._clients)

    def account(self, key: str) -> Account | None:
        """The account with this API key."""
        client = self._clients.get(key)
        return client.account if client else None

    def advance_nonce(self, key: str, nonce: int) -> bool:
        """Is `nonce` larger than all before it? Then it is the largest from now on."""
        client = self._clients[key]
        fresh = nonce > client.nonce
        client.nonce = max(nonce, client.nonce)
        return fresh

    def transfer(self, key: str, currency: str, change: Decimal) -> None:
        """A deposit, or a withdrawal (negative) of free money; ValueError where there is less."""
        if not change.is_finite():
            raise ValueError(f"{change} is no amount of {currency}")
        self.look()
        client = self._clients[key]
        before = self.statement(key)
        if change < 0 and before.get(currency, Balance(ZERO, ZERO)).free < -change:
            raise ValueError(f"{key} has less than {-change} {currency} free")
        client.before = before
        client.account = client.account.plus(currency, change)
        self.deposited[currency] = self.deposited.get(currency, ZERO) + change

    def statement(self, key: str) -> dict[str, Balance]:
        """Balances per currency."""
        client = self._clients[key]
        return statement(client.account, client.resting.values(), self.rules.taker)

    def earlier_statement(self, key: str) -> dict[str, Balance]:
        """Balances as they were before the last order, cancellation or transfer."""
        return self._clients[key].before

    def orders(self, key: str) -> list[Order]:
        """All orders the account ever placed, oldest first."""
        return list(self._clients[key].orders.values())

    def order(self, key: str, order_id: str) -> Order | None:
        """One order of the account."""
        return self._clients[key].orders.get(order_id)

    # -- trading

    def submit(self, key: str, ticket: Ticket, flaw: Flaw | None = None) -> Order:
        """Accepts an order and fills what trades at once. Raises Refused and changes nothing."""
        self.look()
        listing = self._listing(ticket.pair)
        matching.check(ticket, listing)
        now = self.quotes.clock()
        order = Order(self._name("order", self._orders + 1), self._orders + 1, ticket, now, True)
        last = self.quotes.source.last_price(listing.pair, now) or 0.0
        levels = self._opposite(listing, now, ticket.side, last)
        if ticket.stop is not None and not self._passed(ticket, last):
            order = replace(order, working=False)
        elif matching.crosses(ticket, levels):
            if ticket.post_only:
                raise Refused(Reason.WOULD_TAKE)
            everything = matching.take(ticket.side, order.remaining, levels, limit=ticket.limit)
            if ticket.lifetime is Lifetime.ALL_OR_NOTHING and not matching.complete(
                everything, order.remaining
            ):
                order = order.ended(Status.CANCELED, now, "not all of it at once")
        self._afford(key, order, levels)
        if flaw and ticket.amount is not None:
            share = (ticket.amount * flaw.share) // listing.amount_step * listing.amount_step
            order = replace(order, cap=share, cap_cancels=flaw.cancels)
        self._orders += 1
        self._clients[key].before = self.statement(key)
        self._keep(key, order)
        if order.open and order.working:
            self._work(key, order, listing, now, levels)
        return self._clients[key].orders[order.id]

    def cancel(self, key: str, order_id: str, why: str = "User requested") -> Order:
        """Cancels what is left of an open order. Raises Refused where there is no such one."""
        self.look()
        order = self.order(key, order_id)
        if order is None or not order.open:
            raise Refused(Reason.UNKNOWN_ORDER)
        self._clients[key].before = self.statement(key)
        return self._keep(key, order.ended(Status.CANCELED, self.quotes.clock(), why))

    def look(self) -> None:
        """Brings every resting order up to now."""
        now, since = self.quotes.clock(), self._seen
        if since is not None and now <= since:
            return  # also where the clock was put back: nothing happens twice
        self._seen = now
        if since is None:
            return
        for listing in self.quotes.listings():
            if any(True for _ in self._resting(listing.pair)):
                for move in moves(self.quotes.source, listing.base, since, now):
                    self._follow(listing, move)
        for key, order in list(self._all_open()):
            if order.ticket.expires and order.ticket.expires <= now:
                self._keep(key, order.ended(Status.CANCELED, order.ticket.expires, "expired"))

    # -- one move of the price

    def _follow(self, listing: Listing, move: Move) -> None:
        moment = move.start
        while True:
            events = [
                (when, _priority(order), order.number, key, order)
                for key, order in self._resting(listing.pair)
                if (when := _next(order, move, moment)) is not None
            ]
            if not events:
                return
            moment, _, _, key, order = min(events, key=lambda event: event[:3])
            if order.ticket.expires and order.ticket.expires <= moment:
                self._keep(key, order.ended(Status.CANCELED, order.ticket.expires, "expired"))
            elif not order.working:
                self._trigger(key, order, listing, move, moment)
            else:
                self._fill_resting(key, order, listing, moment)

    def _trigger(
        self, key: str, order: Order, listing: Listing, move: Move, moment: datetime
    ) -> None:
        """A stop goes off: from now on it is an ordinary order that takes what is there."""
        order = self._keep(key, replace(order, working=True))
        last = move.price(moment)
        stop = float(order.ticket.stop or 0)
        if moment > move.start:
            last = stop  # rounding of the moment must not move the price
        levels = self._opposite(listing, moment, order.ticket.side, last)
        self._work(key, order, listing, moment, levels)

    def _fill_resting(self, key: str, order: Order, listing: Listing, moment: datetime) -> None:
        """The price is at the limit: the market gives what a best level holds, and the rest once
        the price has gone through."""
        limit = order.ticket.limit
        assert limit is not None
        amount, cap = order.remaining, self._cap(order)
        if not order.touched:
            levels = self._opposite(listing, moment, order.ticket.side, float(limit))
            amount = min(amount, levels[0].size) if levels else ZERO
            order = self._keep(key, replace(order, touched=True, behind=listing.price_tick))
        amount = amount if cap is None else min(amount, cap)
        executions = [Execution(limit, amount)] if amount > 0 else []
        self._book(key, order, executions, moment, maker=True)

    # -- executions

    def _work(
        self, key: str, order: Order, listing: Listing, now: datetime, levels: Sequence[Level]
    ) -> None:
        """Takes from `levels` what the order wants, and ends what does not rest."""
        ticket = order.ticket
        if ticket.side is Side.BUY and ticket.kind is Kind.MARKET:
            # Its own hold is its to spend.
            funds = self._free_without(key, order, listing.quote)
            funds = funds if ticket.cost is None else min(funds, ticket.cost)
            got = matching.take_for(
                funds, levels, self.rules.taker, listing.amount_step, ticket.amount
            )
        else:
            got = matching.take(ticket.side, order.remaining, levels, limit=ticket.limit)
        cap = self._cap(order)
        if cap is not None:
            got = matching.up_to(got, cap)
        order = self._book(key, order, got, now, maker=False)
        if order.open and not matching.rests(ticket):
            whole = ticket.amount is None and bool(got)
            status = Status.FILLED if whole else Status.CANCELED
            self._keep(key, order.ended(status, now, "" if whole else "nothing more to take"))
        elif order.open and got and ticket.limit is not None:
            # It has emptied the other side up to its limit: the rest needs a price that moves on.
            bid, ask = listing.bid_and_ask(float(ticket.limit))
            behind = (ask - bid) / 2 + listing.price_tick
            self._keep(key, replace(order, touched=True, behind=behind))

    def _book(
        self, key: str, order: Order, executions: Sequence[Execution], now: datetime, *, maker: bool
    ) -> Order:
        """Writes executions into the account and the order."""
        client = self._clients[key]
        rate = self.rules.maker if maker else self.rules.taker
        base, _, quote = order.ticket.pair.partition("/")
        for one in executions:
            self._fills += 1
            fill = Fill(
                id=self._name("fill", self._fills),
                number=self._fills,
                order_id=order.id,
                pair=order.ticket.pair,
                side=order.ticket.side,
                time=now,
                price=one.price,
                amount=one.amount,
                fee=one.price * one.amount * rate,
                maker=maker,
            )
            client.account = settle(client.account, fill)
            sign = 1 if fill.side is Side.BUY else -1
            self.market[quote] = self.market.get(quote, ZERO) + sign * fill.cost
            self.market[base] = self.market.get(base, ZERO) - sign * fill.amount
            self.fees[quote] = self.fees.get(quote, ZERO) + fill.fee
            order = replace(order, fills=(*order.fills, fill))
        if order.ticket.amount is not None and order.remaining == 0:
            order = order.ended(Status.FILLED, now)
        elif order.cap is not None and order.filled >= order.cap:
            if order.cap_cancels:
                order = order.ended(Status.CANCELED, now, "Canceled by the exchange")
            else:
                order = replace(order, cap=None, touched=True)
        return self._keep(key, order)

    @staticmethod
    def _cap(order: Order) -> Decimal | None:
        return None if order.cap is None else max(order.cap - order.filled, ZERO)

    def _afford(self, key: str, order: Order, levels: Sequence[Level]) -> None:
        """Raises Refused where the account cannot pay for all of the order."""
        ticket = order.ticket
        base, _, quote = ticket.pair.partition("/")
        if ticket.side is Side.SELL:
            needed, currency = order.remaining, base
        elif ticket.cost is not None and ticket.amount is None:
            needed, currency = ticket.cost, quote
        elif ticket.limit is not None or ticket.stop is not None:
            price = ticket.limit if ticket.limit is not None else ticket.stop
            needed, currency = order.remaining * (price or ZERO) * (1 + self.rules.taker), quote
        else:
            got = matching.take(ticket.side, order.remaining, levels)
            cost = sum((one.price * one.amount for one in got), ZERO)
            needed, currency = cost * (1 + self.rules.taker), quote
        if self._free_without(key, order, currency) < needed:
            raise Refused(Reason.INSUFFICIENT_FUNDS)

    def _free_without(self, key: str, order: Order, currency: str) -> Decimal:
        """What is free in `currency` if this order holds nothing."""
        client = self._clients[key]
        others = [one for one in client.resting.values() if one.id != order.id]
        held = statement(client.account, others, self.rules.taker)
        return held[currency].free if currency in held else ZERO

    # -- small things

    def _listing(self, pair: str) -> Listing:
        for one in self.quotes.listings():
            if one.pair == pair:
                return one
        raise Refused(Reason.UNKNOWN_PAIR)

    def _passed(self, ticket: Ticket, last: float) -> bool:
        """Is the price beyond the order's stop already? Raises Refused where that is not taken."""
        stop = float(ticket.stop or 0)
        passed = last >= stop if ticket.stop_up else last <= stop
        if passed and self._refuses_passed_stops:
            raise Refused(Reason.STOP_PASSED)
        return passed

    def _opposite(
        self, listing: Listing, moment: datetime, side: Side, last: float
    ) -> Sequence[Level]:
        bids, asks = self.quotes.book_at(listing, moment, last)
        return asks if side is Side.BUY else bids

    def _keep(self, key: str, order: Order) -> Order:
        client = self._clients[key]
        client.orders[order.id] = order
        if order.open:
            client.resting[order.id] = order
        else:
            client.resting.pop(order.id, None)
        return order

    def _all_open(self) -> Iterator[tuple[str, Order]]:
        for key, client in self._clients.items():
            for order in client.resting.values():
                yield key, order

    def _resting(self, pair: str) -> Iterator[tuple[str, Order]]:
        for key, order in self._all_open():
            if order.ticket.pair == pair:
                yield key, order


def _priority(order: Order) -> Decimal:
    """At one moment stops go off first, then the best price is served first."""
    if not order.working or order.ticket.limit is None:
        return Decimal("-Infinity")
    return -order.ticket.limit if order.ticket.side is Side.BUY else order.ticket.limit


def _next(order: Order, move: Move, since: datetime) -> datetime | None:
    """When this move first concerns the order, None when it does not."""
    ticket = order.ticket
    if not order.working:
        return move.reaches(float(ticket.stop or 0), ticket.stop_up, since)
    if ticket.limit is None:
        return None
    up = ticket.side is Side.SELL
    level = ticket.limit + order.behind if up else ticket.limit - order.behind
    return move.reaches(float(level), up, since)
