"""Facts about an account at the venue, and about files, that must not be: each as a sentence."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from freqtrade.persistence import Trade

from nija_plugins.live.holdings import Unexplained
from nija_plugins.venue.orders import Fill, Side
from nija_plugins.venue.venue import Books

PAIRS = ("BTC/USD", "ETH/USD", "SOL/USD")
WALLET = 100.0
DUST = 1.0
"""Dollars."""


def unheard(trade: Trade, books: Books) -> bool:
    """Whether the exchange has filled more of the trade's entry than the database knows."""
    own = {order.order_id for order in trade.orders}
    bought = sum(f.amount for f in books.fills if f.order_id in own and f.side is Side.BUY)
    known = sum(o.safe_filled for o in trade.orders if o.ft_order_side == trade.entry_side)
    return float(bought) > known * 1.001


def damage(file: Path) -> Iterator[str]:
    """What SQLite says of a database that is not whole, or cannot be read."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=1)) as database:
        try:
            (told,) = database.execute("PRAGMA integrity_check").fetchone()
        except sqlite3.Error as error:
            told = str(error)
    if told != "ok":
        yield f"{file.name}: {told}"


def double_entries(books: Books) -> Iterator[str]:
    """A purchase of what is held already, by another order."""
    held: dict[str, Decimal] = defaultdict(Decimal)
    buying: dict[str, str] = {}
    for fill in books.fills:
        if fill.side is Side.SELL:
            held[fill.pair] -= fill.amount
            continue
        if held[fill.pair] * fill.price > DUST and buying[fill.pair] != fill.order_id:
            yield f"{fill.pair} was bought twice, by {buying[fill.pair]} and {fill.order_id}"
        buying[fill.pair] = fill.order_id
        held[fill.pair] += fill.amount


def too_much(books: Books, flows: Sequence[tuple[datetime, float]] = ()) -> Iterator[str]:
    """More than the tier's positions, the largest stake, or less cash than the buffer; at cost.
    `flows` are the times and dollars of what came and went."""
    due = list(flows)
    cash, cost = Decimal(str(WALLET)), dict.fromkeys(PAIRS, Decimal(0))
    amount = dict.fromkeys(PAIRS, Decimal(0))
    for fill in books.fills:
        while due and due[0][0] <= fill.time:
            cash += Decimal(str(due.pop(0)[1]))
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


def orders(
    books: Books, trades: list[Trade], unexplained: tuple[Unexplained, ...]
) -> Iterator[str]:
    """Open orders that neither a trade knows nor a report."""
    known = {order.order_id for trade in trades for order in trade.orders}
    for order in books.open_orders:
        reported = {one.pair for one in unexplained}
        if str(order.id) not in known and order.ticket.pair not in reported:
            yield f"order {order.id} of {order.ticket.pair} is nobody's"


def profits(books: Books, trades: list[Trade]) -> Iterator[str]:
    """Closed trades whose booked profit is not what their fills earned."""
    for trade in trades:
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
