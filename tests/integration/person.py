"""A person beside the bot: brings money and takes some away, sells a position in the exchange's
app, and afterwards does what the bot advises."""

from decimal import ROUND_DOWN, Decimal

import numpy as np
from freqtrade.persistence import Trade
from freqtrade.rpc import RPC
from freqtrade.rpc.rpc import RPCException

from nija_plugins.venue.orders import Kind, Side, Ticket
from tests.integration.invariants import Invariants
from tests.integration.ledger_checks import DUST, PAIRS
from tests.integration.live import Bot, Home

BRINGS, TAKES, SELLS = "money brought", "money taken", "position sold by hand"
CENT = Decimal("0.01")


class Person:
    """Does something in almost half of the hours; all follows `rng`."""

    def __init__(
        self, home: Home, exchange: str, invariants: Invariants, rng: np.random.Generator
    ) -> None:
        self.home, self.exchange, self.invariants, self.rng = home, exchange, invariants, rng
        self._key = home.account(exchange).key

    def acts(self) -> str | None:
        """What of the three was done, if anything."""
        chance = self.rng.random()
        if chance < 0.10:
            return self._brings()
        if chance < 0.20:
            return self._takes()
        if chance < 0.45:
            return self._sells()
        return None

    def _brings(self) -> str:
        self._moves(Decimal(self.rng.uniform(2, 15)))
        return BRINGS

    def _takes(self) -> str | None:
        free = self.home.books(self.exchange).free("USD")
        if free < 10:
            return None
        self._moves(-free * Decimal(self.rng.uniform(0.1, 0.4)))
        return TAKES

    def _moves(self, amount: Decimal) -> None:
        amount = amount.quantize(CENT)
        self.invariants.moved(float(amount))
        self.home.venue.deposit(self._key, "USD", amount)

    def _sells(self) -> str | None:
        books = self.home.books(self.exchange)
        for pair in self.rng.permutation(PAIRS):
            held = books.total(pair.partition("/")[0])
            listing = self.home.venue.quotes[self.exchange].rules.listing(pair)
            amount = held.quantize(listing.amount_step, ROUND_DOWN)
            if float(held) * self.home.market.price(pair.partition("/")[0]) < DUST:
                continue
            with self.home.venue.exchange(self.exchange) as there:
                for order in books.open_orders:  # they hold the coins
                    if order.ticket.pair == pair:
                        there.cancel(self._key, order.id)
                there.submit(self._key, Ticket(pair, Side.SELL, Kind.MARKET, amount))
            return SELLS
        return None

    def follows_advice(self, bot: Bot) -> None:
        """Deletes the trades whose coins are gone, once the bot has told."""
        books = self.home.books(self.exchange)
        for trade in Trade.get_trades_proxy(is_open=True):
            there = float(books.total(trade.safe_base_currency))
            told = self.home.alerts(f"of trade {trade.id} are not on")
            if told and there < trade.amount * 0.5:
                try:
                    RPC(bot.worker.freqtrade)._rpc_delete(trade.id)
                except RPCException:
                    continue
