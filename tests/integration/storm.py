"""A live bot in a storm: the exchange fails in every way it knows, the process is killed at any
moment, and the venue's books, not the bot's, say what came of it.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
from freqtrade.persistence import Trade

from nija_plugins import locks
from nija_plugins.replay.clock import replaced
from nija_plugins.venue.faults import CALLS, Fault
from nija_plugins.venue.orders import Fill, Side
from nija_plugins.venue.venue import Books
from tests.integration.live import Bot, Home, after, script

PAIRS = ("BTC/USD", "ETH/USD", "SOL/USD")
WALLET = 100.0
QUIET = 2
"""Hours at the end in which nothing fails, for the bot to find its feet."""
PATIENCE = 400
"""Milliseconds of the client."""
OF_ORDERS = (Fault.PARTIAL, Fault.PARTIAL_CANCELED)
OF_BALANCES = (Fault.STALE_BALANCE,)
OF_ALL = tuple({*Fault} - {*OF_ORDERS, *OF_BALANCES, Fault.SLOW})
DEADLY = 0.3
"""The share of iterations in which the process may die."""


class Killed(BaseException):
    """SIGKILL, in its place: nothing may catch it, nothing is cleaned up."""


@dataclass
class Storm:
    """What happened: faults by name, kills, crashes of freqtrade's own, starts that failed, and
    every broken invariant."""

    faults: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    crashes: int = 0
    failed_starts: int = 0
    entries: int = 0
    reported: int = 0
    phantoms: list[str] = field(default_factory=list)
    """Trades whose position is gone: freqtrade did not find the exit that sold it."""
    broken: list[str] = field(default_factory=list)

    def __add__(self, other: "Storm") -> "Storm":
        return Storm(
            self.faults + other.faults,
            self.kills + other.kills,
            self.crashes + other.crashes,
            self.failed_starts + other.failed_starts,
            self.entries + other.entries,
            self.reported + other.reported,
            self.phantoms + other.phantoms,
            self.broken + other.broken,
        )


def storm(home: Home, exchange: str, seed: int, hours: int, per_hour: int = 4) -> Storm:
    """`hours` of bad weather from START + 4 on, and QUIET ones; everything follows `seed`."""
    rng = np.random.default_rng(seed)
    found = Storm()
    signals = {
        pair: [4 + 4 * number for number in range(hours // 4) if rng.random() < 0.9]
        for pair in PAIRS
    }
    home.plugin("script", script(signals, stop=0.04, trail=0.05))
    for asset in ("BTC", "ETH", "SOL"):
        home.market.paint(asset, 4, np.cumprod(1 + rng.normal(0, 0.012, hours + QUIET)))
    home.account(exchange, USD=str(WALLET))
    bot: Bot | None = None
    for step in range((hours + QUIET) * per_hour):
        hour, part = divmod(step, per_hour)
        seconds = 5 + part * 3600 / per_hour + 40 * rng.random()
        raging = hour < hours
        if raging and part == 0:
            _brew(home, exchange, rng)
        elif not raging and part == 0:
            _calm(home, found)
        home.clock.move_to(after(4 + hour, seconds))
        if bot is None:
            bot = _started(home, exchange, found)
        if bot is not None and not _iterated(bot, rng if raging else None, found):
            home.kill()
            bot = None
        found.broken += [f"{seed}, hour {hour}: {one}" for one in _each_step(home, exchange)]
    assert bot is not None, "it starts when nothing fails"
    for one in _at_the_end(home, exchange, bot, found):
        found.broken.append(f"{seed}, at the end: {one}")
    return found


def _brew(home: Home, exchange: str, rng: np.random.Generator) -> None:
    """A few rules for the hour to come; orders are hit more often than anything else."""
    for _ in range(int(rng.integers(2, 6))):
        call = str(rng.choice(("add_order", "add_order", "query_order", "balance", *CALLS)))
        faults = {"add_order": OF_ALL + OF_ORDERS, "balance": OF_ALL + OF_BALANCES}
        choice = sorted(faults.get(call, OF_ALL))
        home.venue.faults.add(
            call,
            choice[int(rng.integers(len(choice)))],
            nth=int(rng.integers(1, 4)),
            times=int(rng.integers(1, 4)),
            exchange=exchange,
        )


def _calm(home: Home, found: Storm) -> None:
    found.faults.update(str(fault) for _, _, fault in home.venue.faults.happened)
    home.venue.faults.clear()


def _started(home: Home, exchange: str, found: Storm) -> Bot | None:
    try:
        bot = home.start(
            PAIRS, exchange=exchange, live=True, timeout=PATIENCE, nija={"downgrade_buffer": 50}
        )
    except Exception:
        # Also a TypeError of freqtrade's own, when the exchange's time is half an answer.
        found.failed_starts += 1
        return None
    bot.strategy.time_stop = 3 * (after(1) - after(0))
    return bot


def _iterated(bot: Bot, rng: np.random.Generator | None, found: Storm) -> bool:
    """One iteration; False when the process ended in it: killed, or by an error that freqtrade does
    not catch, such as the second order of a trade whose answer had no id."""
    with _killing(bot, rng):
        try:
            bot.state = bot.worker._worker(old_state=bot.state)
        except Killed:
            found.kills += 1
            return False
        except Exception:
            found.crashes += 1
            return False
    return True


@contextmanager
def _killing(bot: Bot, rng: np.random.Generator | None) -> Iterator[None]:
    """Perhaps the process dies: before or after a request, before or after a commit."""
    if rng is None or rng.random() > DEADLY:
        yield
        return
    left = int(rng.integers(1, 10))
    late = bool(rng.random() < 0.5)

    def deadly(call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*given: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0 and not late:
                raise Killed
            answer = call(*given, **named)
            if left == 0:
                raise Killed
            return answer

        return wrapped

    api = bot.worker.freqtrade.exchange._api
    api.fetch = deadly(type(api).fetch.__get__(api))
    try:
        with replaced(Trade, "commit", staticmethod(deadly(Trade.commit))):
            yield
    finally:
        del api.fetch


# -- invariants, from the venue's books --------------------------------------------------------


def _each_step(home: Home, exchange: str) -> Iterator[str]:
    books = home.books(exchange)
    yield from _double_entries(books)
    yield from _too_much(books)
    state = home.user_data / ".auto_scaling_state.json"
    if state.exists():
        json.loads(state.read_text())


def _double_entries(books: Books) -> Iterator[str]:
    """A purchase of what is held already, by another order."""
    held: dict[str, Decimal] = defaultdict(Decimal)
    buying: dict[str, str] = {}
    for fill in books.fills:
        if fill.side is Side.SELL:
            held[fill.pair] -= fill.amount
            continue
        if _worth(held[fill.pair], fill) > 1 and buying[fill.pair] != fill.order_id:
            yield f"{fill.pair} was bought twice, by {buying[fill.pair]} and {fill.order_id}"
        buying[fill.pair] = fill.order_id
        held[fill.pair] += fill.amount


def _too_much(books: Books) -> Iterator[str]:
    """More than the tier's positions, the largest stake, or less cash than the buffer; at cost."""
    cash, cost = Decimal(str(WALLET)), dict.fromkeys(PAIRS, Decimal(0))
    amount = dict.fromkeys(PAIRS, Decimal(0))
    for fill in books.fills:
        sign = 1 if fill.side is Side.BUY else -1
        cash -= sign * fill.cost + fill.fee
        before = amount[fill.pair]
        amount[fill.pair] += sign * fill.amount
        cost[fill.pair] += fill.cost if sign > 0 else -cost[fill.pair] * fill.amount / before
        if sign < 0:
            continue
        worth = cash + sum(cost.values())
        if cost[fill.pair] > worth * Decimal("0.41"):
            yield f"{cost[fill.pair]:.2f} of {worth:.2f} in {fill.pair}"
        if cash < worth * Decimal("0.14"):
            yield f"{cash:.2f} of {worth:.2f} left in cash"
        if sum(one > 1 for one in cost.values()) > 2:
            yield f"three positions: {', '.join(p for p, one in cost.items() if one > 1)}"


def _worth(amount: Decimal, fill: Fill) -> Decimal:
    return amount * fill.price


def _at_the_end(home: Home, exchange: str, bot: Bot, found: Storm) -> Iterator[str]:
    """Every position a trade's or reported, every trade a position, profits to the cent."""
    books = home.books(exchange)
    trades = list(Trade.get_trades_proxy())
    known = {order.order_id for trade in trades for order in trade.orders}
    live = bot.run.live
    assert live is not None
    reported = {one.pair for one in live.unexplained}
    found.reported = len(reported)
    found.entries = len({fill.order_id for fill in books.fills if fill.side is Side.BUY})
    for pair in PAIRS:
        base = pair.partition("/")[0]
        held = float(books.total(base))
        expected = sum(trade.amount for trade in trades if trade.pair == pair and trade.is_open)
        told = f"{base}: the exchange holds {held}, trades say {expected}, nothing is reported"
        if (expected - held) * home.market.price(base) > 1.0:
            found.phantoms.append(told)
        elif (held - expected) * home.market.price(base) > 1.0 and pair not in reported:
            yield told
        if pair in reported and pair not in {one for one, _, _ in locks.every(bot.run.memory.seen)}:
            yield f"{pair} is reported and not locked"
    for order in books.open_orders:
        if str(order.id) not in known and order.ticket.pair not in reported:
            yield f"order {order.id} of {order.ticket.pair} is nobody's"
    for trade in trades:
        if trade.is_open and not trade.stop_loss:
            yield f"{trade.pair} has no stop"
        own = {order.order_id for order in trade.orders}
        fills = [fill for fill in books.fills if str(fill.order_id) in own]
        earned = sum(
            float((fill.cost - fill.fee) if fill.side is Side.SELL else -(fill.cost + fill.fee))
            for fill in fills
        )
        doubt = 0.01 + sum(_fee_doubt(trade, fill) for fill in fills)
        if not trade.is_open and abs(earned - (trade.close_profit_abs or 0.0)) > doubt:
            yield f"{trade.pair}: earned {earned:.4f}, booked {trade.close_profit_abs}"


def _fee_doubt(trade: Trade, fill: Fill) -> float:
    """freqtrade books one fee rate a side; a fill whose rest waited in the book paid another."""
    rate = trade.fee_open if fill.side is Side.BUY else trade.fee_close
    return abs(float(fill.fee) - (rate or 0.0) * float(fill.cost))
