"""What must hold in any weather, judged from the venue's books and from the files."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from freqtrade.persistence import Trade

from nija_plugins import locks
from nija_plugins.live.holdings import Unexplained
from nija_plugins.venue.orders import Fill, Side
from nija_plugins.venue.venue import Books
from tests.integration.ledger_checks import (
    DUST,
    PAIRS,
    WALLET,
    damage,
    double_entries,
    orders,
    profits,
    too_much,
    unheard,
)
from tests.integration.live import Bot, Home
from tests.integration.painted_market import HOUR

DAILY, DRAWDOWN = 0.94, 0.88
"""What W must not fall below: of the day's opening, of the peak."""
SMALLEST_LOSS = 0.75
"""Dollars that the smallest lot of any pair may lose at its stop, fees included."""


class Approvals(dict[str, float]):
    """The sizer's approvals, which the strategy takes out again, kept with the exchange's time."""

    def __init__(self, clock: Any, kept: dict[str, list[tuple[datetime, float]]]) -> None:
        super().__init__()
        self._clock, self._kept = clock, kept

    def __setitem__(self, pair: str, stake: float) -> None:
        self._kept[pair].append((self._clock(), stake))
        super().__setitem__(pair, stake)


class Invariants:
    """Looks at each step, whenever the bot is well, and at the end; keeps what is `broken`."""

    def __init__(self, home: Home, exchange: str) -> None:
        self.home, self.exchange = home, exchange
        self.fee = float(home.venue.quotes[exchange].rules.taker)
        self.broken: list[str] = []
        self.entries = self.judged = self.unexplained = self.missing = 0
        self._approved: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
        self._benchmarks = _Benchmarks(WALLET)
        self._seen = 0
        self._unjudged: list[Fill] = []
        self._flows: list[tuple[datetime, float]] = []
        self._room = WALLET
        """The least that the books' equity ever was above its floor."""

    def listen_to(self, bot: Bot) -> None:
        """Hears of every stake that the sizer of `bot` approves."""
        bot.run.approvals = Approvals(self.home.venue.clock, self._approved)

    def moved(self, amount: float) -> None:
        """A person brings `amount` dollars, or takes them away, now."""
        self._flows.append((self.home.venue.clock(), amount))
        equity = self._equity(self.home.books(self.exchange))
        self._benchmarks.grow((equity + amount) / equity)

    def _note(self, problems: Iterator[str]) -> None:
        for problem in problems:
            if problem not in self.broken:
                self.broken.append(problem)

    # -- at each step -----------------------------------------------------------------------

    def at_each_step(self) -> None:
        """Nothing bought twice, too much, or without the sizer; every file readable."""
        books = self.home.books(self.exchange)
        self._note(double_entries(books))
        self._note(too_much(books, self._flows))
        self._note(self._above_the_stake(books))
        self._room = min(self._room, self._equity(books) - self._benchmarks.floor)
        self.files()

    def files(self) -> None:
        """The state file is JSON, each database is whole; also at the instant of death."""
        state = self.home.user_data / ".auto_scaling_state.json"
        if state.exists():
            json.loads(state.read_text())
        for path in (self.home.path, self.home.user_data):
            for file in path.glob("*.sqlite"):
                self._note(damage(file))

    def _above_the_stake(self, books: Books) -> Iterator[str]:
        for order in books.orders:
            ticket = order.ticket
            if ticket.side is not Side.BUY or not order.fills:
                continue
            approved = [s for when, s in self._approved[ticket.pair] if when <= order.opened]
            wanted = float((ticket.amount or Decimal(0)) * (ticket.limit or Decimal(0)))
            if not approved:
                yield f"order {order.id} of {ticket.pair}: no stake was approved"
            elif max(wanted, float(sum(f.cost for f in order.fills))) > approved[-1] * (1 + 1e-6):
                yield f"order {order.id} of {ticket.pair}: {wanted} for a stake of {approved[-1]}"

    # -- when the bot is well ---------------------------------------------------------------

    def when_well(self, bot: Bot) -> bool:
        """The floors for W, once the bot has heard of what it bought and has set the stops; whether
        it has heard of everything."""
        books = self.home.books(self.exchange)
        fills, self._seen = books.fills[self._seen :], len(books.fills)
        self._unjudged += fills
        self._benchmarks.observe(datetime.now(UTC), self._equity(books))
        trades = {trade.pair: trade for trade in Trade.get_trades_proxy(is_open=True)}
        self._note(self._false_locks(bot))
        self._note(self._false_peaks(bot))
        if any(unheard(trade, books) for trade in trades.values()):
            return False
        if {fill.side for fill in self._unjudged} == {Side.BUY}:
            self._note(self._floors(books, bot, trades))
        self._unjudged.clear()
        return True

    def _floors(self, books: Books, bot: Bot, trades: dict[str, Trade]) -> Iterator[str]:
        """W of the books, at the trades' stops. Where the exchange holds what no trade explains,
        nobody has promised anything."""
        worst = float(books.total("USD"))
        for pair in PAIRS:
            held = float(books.total(pair.partition("/")[0]))
            if held * self._mark(pair) < DUST:
                continue
            if pair not in trades or held > trades[pair].amount * 1.001:
                return
            worst += held * (trades[pair].stop_loss or 0.0) * (1 - self.fee)
        self.judged += 1
        floor = self._benchmarks.floor
        if self.home.alerts("Deposit") or self.home.alerts("ithdraw"):
            marks = bot.run.memory.benchmarks
            assert marks is not None
            floor = max(DAILY * marks.day_open, DRAWDOWN * marks.peak)
        if worst < floor - 0.01:
            yield f"W is {worst:.2f} after an entry, its floor {floor:.2f}, {datetime.now(UTC)}"

    def _false_locks(self, bot: Bot) -> Iterator[str]:
        """A loss limit counts as reached only where the money is lost: less is left above the floor
        than the smallest lot may lose."""
        for reason in {locks.DRAWDOWN, locks.DAY} & {one for one, _ in bot.account().locks}:
            if self._room > SMALLEST_LOSS:
                yield f"{reason}, though the equity never came within ${self._room:.2f} of a floor"

    def _false_peaks(self, bot: Bot) -> Iterator[str]:
        """The account remembers no peak that it never had. What is taken away while sold coins have
        yet to be heard of may be theirs: entries wait until it is clear."""
        marks = bot.run.memory.benchmarks
        most = self._benchmarks.peak
        if marks is not None and marks.peak > most * 1.02 and not bot.account().awaited:
            yield f"the peak is {marks.peak:.2f}, the books' {most:.2f}, {datetime.now(UTC)}"

    def _mark(self, pair: str) -> float:
        """The last closed price, from the market itself."""
        ended = self.home.venue.clock().replace(minute=0, second=0, microsecond=0)
        hours = self.home.market.hours(pair.partition("/")[0], ended - HOUR, ended)
        listing = self.home.venue.quotes[self.exchange].rules.listing(pair)
        return float(listing.price(float(hours["close"].iloc[-1])))

    def _equity(self, books: Books) -> float:
        worth = sum(float(books.total(pair.partition("/")[0])) * self._mark(pair) for pair in PAIRS)
        return float(books.total("USD")) + worth * (1 - self.fee)

    # -- at the end -------------------------------------------------------------------------

    def at_the_end(self, bot: Bot) -> None:
        """Every position a trade's or reported, every trade a position or reported, profits and
        equity to the cent."""
        books = self.home.books(self.exchange)
        trades = list(Trade.get_trades_proxy())
        live = bot.run.live
        assert live is not None
        self.entries = len({fill.order_id for fill in books.fills if fill.side is Side.BUY})
        self.unexplained = len({one.pair for one in live.unexplained})
        self._note(self._positions(books, trades, live.unexplained))
        self._note(orders(books, trades, live.unexplained))
        self._note(profits(books, trades))
        self._note(self._valued(books, bot, trades))

    def _positions(
        self, books: Books, trades: list[Trade], unexplained: tuple[Unexplained, ...]
    ) -> Iterator[str]:
        reported = {one.pair for one in unexplained}
        locked = {pair for pair, _, _ in locks.every(datetime.now(UTC))}
        for pair in PAIRS:
            base = pair.partition("/")[0]
            own = [trade for trade in trades if trade.pair == pair and trade.is_open]
            held, price = float(books.total(base)), self.home.market.price(base)
            expected = sum(trade.amount for trade in own)
            told = f"the exchange holds {held} {base}, trades say {expected}, nothing is reported"
            if (held - expected) * price > DUST and pair not in reported:
                yield told
            if pair in reported and pair not in locked:
                yield f"{pair} is reported and not locked"
            if (expected - held) * price > DUST:
                self.missing += 1
                if not all(self.home.alerts(f"of trade {trade.id} are not on") for trade in own):
                    yield told
            for trade in own:
                if not trade.stop_loss:
                    yield f"{pair} has no stop"
            if self.exchange == "kraken" and own and held * price > DUST:
                sales = [o for o in books.open_orders if o.ticket.pair == pair]
                if not any(o.ticket.side is Side.SELL for o in sales):
                    yield f"no stop of {pair} rests on the exchange"

    def _valued(self, books: Books, bot: Bot, trades: list[Trade]) -> Iterator[str]:
        """The account as the bot values it, against the books: cash, and of each open trade what
        is there of it, an entry included whose fill freqtrade never hears of."""
        worth = float(books.total("USD"))
        for trade in trades:
            if trade.is_open:
                entering = [o for o in trade.open_orders if o.ft_order_side == trade.entry_side]
                most = trade.amount + sum(order.safe_amount for order in entering)
                held = min(float(books.total(trade.safe_base_currency)), most)
                worth += held * self._mark(trade.pair) * (1 - self.fee)
        if abs(bot.account().equity - worth) > 0.01:
            yield f"the bot's equity is {bot.account().equity:.4f}, the books' {worth:.4f}"


class _Benchmarks:
    """The day's opening and the peak, kept apart from NIJA's."""

    def __init__(self, equity: float) -> None:
        self.day: date | None = None
        self.opening = self.peak = equity

    def observe(self, now: datetime, equity: float) -> None:
        if self.day is None or now.date() > self.day:
            self.opening = equity
        elif now.date() < self.day:
            self.opening = max(self.opening, equity)
        self.day, self.peak = now.date(), max(self.peak, equity)

    def grow(self, share: float) -> None:
        """As the equity did by money that came or went."""
        self.opening, self.peak = self.opening * share, self.peak * share

    @property
    def floor(self) -> float:
        return max(DAILY * self.opening, DRAWDOWN * self.peak)
