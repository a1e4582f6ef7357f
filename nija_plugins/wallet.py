"""freqtrade's wallets and open trades, as cash and positions."""

from collections.abc import Sequence
from datetime import datetime

from freqtrade.persistence import LocalTrade, Trade
from freqtrade.wallets import Wallets

from nija_plugins.account import Position
from nija_plugins.book import Book
from nija_plugins.entry import Mode


def cash(
    wallets: Wallets, stake_currency: str, trades: Sequence[LocalTrade], mode: Mode
) -> tuple[float, float]:
    """(all cash, free cash) in stake currency; the first includes what resting orders reserve.

    In backtests and dry-runs freqtrade books the entry fee only when a trade closes; live the
    exchange has taken it already.
    """
    unbooked = 0.0
    if mode != "live":
        unbooked = sum(trade.amount * trade.open_rate * trade.fee_open for trade in trades)
    total = wallets.get_total(stake_currency) - unbooked
    return total, wallets.get_free(stake_currency) - unbooked


def positions(
    trades: Sequence[LocalTrade], book: Book, now: datetime
) -> tuple[tuple[Position, ...], str | None]:
    """The open trades as positions, and a sentence if one of them has no price."""
    found, problem = [], None
    for trade in trades:
        mark = book.close(trade.pair, now)
        if mark is None:
            problem = f"No closed candle is known for the open position in {trade.pair}."
            mark = trade.open_rate
        found.append(
            Position(
                pair=trade.pair,
                amount=trade.amount,
                entry_price=trade.open_rate,
                mark=mark,
                stop=trade.stop_loss or 0.0,
                fee=trade.fee_close or trade.fee_open,
                pending=sum(
                    order.safe_remaining
                    for order in trade.open_orders
                    if order.ft_order_side == trade.entry_side
                ),
            )
        )
    return tuple(found), problem


def raise_stops(held: Sequence[Position]) -> int:
    """Moves the stops of the open trades up to those of `held`; a lower one changes nothing.
    Returns how many it moved.

    On the trades themselves, not through custom_stoploss: freqtrade does not ask that when a
    candle's low is already below the old stop, and would fill there.
    """
    raised = 0
    wanted = {position.pair: position for position in held if position.amount > 0}
    for trade in Trade.get_trades_proxy(is_open=True):
        position = wanted.get(trade.pair)
        if position is not None and position.stop > (trade.stop_loss or 0.0):
            trade.adjust_stop_loss(position.mark, 1 - position.stop / position.mark)
            raised += 1
    return raised
