"""The simulated exchanges with accounts: what a test or a replay holds in its hand.

    venue = Venue(source)
    key = venue.open_account("kraken", USD="100")
    with serve(build_app(venue), port=0) as url: ...

Everything a bot does with `key` is in `venue.books(key)`: the truth to compare its beliefs with.
"""

import base64
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from nija_plugins.venue.account import Balance
from nija_plugins.venue.coinbase.keys import KeyKind, make_key
from nija_plugins.venue.exchange import SimulatedExchange
from nija_plugins.venue.faults import Faults
from nija_plugins.venue.listings import EXCHANGES, LISTED
from nija_plugins.venue.market.candles import CandleSource
from nija_plugins.venue.names import coinbase_name, kraken_name
from nija_plugins.venue.orders import Fill, Order
from nija_plugins.venue.quotes import Clock, Quotes, wall_clock


@dataclass(frozen=True, slots=True)
class Credentials:
    """What goes into freqtrade's `exchange` section. `exchange` is `kraken` or `coinbase`."""

    exchange: str
    key: str
    secret: str


@dataclass(frozen=True, slots=True)
class Books:
    """One account's truth at one moment. `orders` and `fills` come oldest first."""

    balances: dict[str, Balance]
    orders: list[Order]
    fills: list[Fill]

    @property
    def open_orders(self) -> list[Order]:
        """Orders that can still be filled."""
        return [order for order in self.orders if order.open]

    def total(self, currency: str) -> Decimal:
        """All of a currency, held by orders or not."""
        return self.balances[currency].total if currency in self.balances else Decimal(0)

    def free(self, currency: str) -> Decimal:
        """What no order holds."""
        return self.balances[currency].free if currency in self.balances else Decimal(0)


class Venue:
    """Both exchanges over one source of candles and one clock, and the faults of the way there.

    `ahead` is how far their clock is ahead of the one that was given; negative: behind.
    """

    def __init__(
        self,
        source: CandleSource,
        clock: Clock = wall_clock,
        *,
        seed: int = 0,
        spread: bool = True,
    ) -> None:
        self.source = source
        self.ahead = timedelta(0)
        self._clock = clock
        self.quotes = {
            name: Quotes(rules if spread else rules.without_spread(), source, self.clock)
            for name, rules in LISTED.items()
        }
        self.faults = Faults(seed, self.clock)
        self._lock = threading.RLock()
        self.reset()

    def clock(self) -> datetime:
        """The exchanges' time (UTC)."""
        return self._clock() + self.ahead

    def reset(self) -> None:
        """No accounts, no orders, no faults, and the clock is right."""
        with self._lock:
            self.faults.clear()
            self.ahead = timedelta(0)
            self._exchanges = {
                "kraken": SimulatedExchange(self.quotes["kraken"], kraken_name),
                "coinbase": SimulatedExchange(
                    self.quotes["coinbase"],
                    coinbase_name,
                    refuses_passed_stops=True,
                ),
            }
            self.accounts: dict[str, str] = {}
            """API key → exchange, of every account."""

    @contextmanager
    def exchange(self, name: str) -> Iterator[SimulatedExchange]:
        """One of the exchanges, for as long as nobody else may touch it."""
        with self._lock:
            yield self._exchanges[name]

    def open_account(
        self,
        exchange: str,
        name: str = "bot",
        *,
        kind: KeyKind = KeyKind.ECDSA,
        may_withdraw: bool = False,
        **balances: str | Decimal,
    ) -> Credentials:
        """A new account with `balances` (`USD="100"`); the same `name` makes the same key.

        `kind` is which of Coinbase's API keys to make; `may_withdraw` a right that no bot's key
        should have. Raises ValueError where the account exists, and without making one where a
        balance is none.
        """
        if exchange not in self._exchanges:
            raise ValueError(f"no exchange {exchange}: expected one of {', '.join(EXCHANGES)}")
        if exchange == "coinbase":
            key, secret = make_key(name, kind)
        else:
            key = f"{exchange}-{name}"
            secret = base64.b64encode(hashlib.sha512(key.encode()).digest()).decode()
        deposits = {name: _amount(name, amount) for name, amount in balances.items()}
        for currency, amount in deposits.items():
            if amount < 0:
                raise ValueError(f"an account cannot begin with {amount} {currency}")
        with self.exchange(exchange) as one:
            one.open_account(key, secret, may_withdraw)
            self.accounts[key] = exchange
            for currency, amount in deposits.items():
                one.transfer(key, currency, amount)
        return Credentials(exchange, key, secret)

    def _exchange_of(self, key: str) -> str:
        if key not in self.accounts:
            raise ValueError(f"no account has the key {key}")
        return self.accounts[key]

    def deposit(self, key: str, currency: str, amount: str | Decimal) -> None:
        """Money comes in from outside; withdrawn where `amount` is negative.

        Raises ValueError where less than that is free.
        """
        change = _amount(currency, amount)
        with self.exchange(self._exchange_of(key)) as one:
            one.transfer(key, currency, change)

    def withdraw(self, key: str, currency: str, amount: str | Decimal) -> None:
        """Money leaves. Raises ValueError where less than `amount` is free."""
        self.deposit(key, currency, -Decimal(amount))

    def books(self, key: str) -> Books:
        """The account as it stands now. Raises ValueError for an unknown key."""
        with self.exchange(self._exchange_of(key)) as one:
            one.look()
            orders = one.orders(key)
            fills = sorted(
                (fill for order in orders for fill in order.fills),
                key=lambda fill: (fill.time, fill.number),
            )
            return Books(one.statement(key), orders, fills)


def _amount(currency: str, amount: str | Decimal) -> Decimal:
    try:
        number = Decimal(amount)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValueError(f"{amount!r} is no amount of {currency}")
    return number
