"""freqtrade's wallets and open trades, as cash and positions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from freqtrade.enums import TradingMode
from freqtrade.persistence import LocalTrade, Trade
from freqtrade.wallets import Wallets

from nija_plugins.account import Position
from nija_plugins.candles.book import Book
from nija_plugins.entry import Mode

NOTHING: Mapping[str, float] = {}
NOISE = 1e-9
"""The share of an amount that binary fractions may be off."""


def cash(
    wallets: Wallets, stake_currency: str, trades: Sequence[LocalTrade], mode: Mode
) -> tuple[float, float]:
    """(all cash, free cash) in stake currency; the first includes what resting orders reserve.

    In backtests and dry-runs freqtrade books the entry fee only when a trade closes; live the
    exchange has taken it already. In futures markets its total includes the margin of positions.
    """
    unbooked = 0.0
    if mode != "live":
        unbooked = sum(trade.amount * trade.open_rate * trade.fee_open for trade in trades)
    margin = sum(
        trade.amount * trade.open_rate / trade.leverage
        for trade in trades
        if trade.trading_mode == TradingMode.FUTURES
    )
    total = wallets.get_total(stake_currency) - margin - unbooked
    return total, wallets.get_free(stake_currency) - unbooked


def arrived(trade: LocalTrade, wallets: Wallets, own: float) -> float:
    """What of the trade's resting entry orders is in the wallet already, in base currency, beside
    the user's `own`: live the wallet is read before the database hears of the fill."""
    beyond = float(_held(trade, wallets, own) - trade.amount)
    return min(resting_entries(trade), max(beyond, 0.0))


def gone(trade: LocalTrade, wallets: Wallets, own: float) -> float:
    """What of the trade's amount is not there any more, in base currency: sold by an order of which
    the database has not heard yet, or never will, or by hand."""
    missing = float(trade.amount - _held(trade, wallets, own))
    return missing if missing > NOISE * trade.amount else 0.0


def _held(trade: LocalTrade, wallets: Wallets, own: float) -> float:
    return float(wallets.get_owned(trade.pair, trade.safe_base_currency)) - own


def resting_entries(trade: LocalTrade) -> float:
    """What the trade's resting entry orders are for, in base currency. All of it: freqtrade counts
    what half-filled ones have bought to the trade's amount only when they rest no longer."""
    return sum(
        float(order.safe_amount)
        for order in trade.open_orders
        if order.ft_order_side == trade.entry_side
    )


def positions(
    trades: Sequence[LocalTrade],
    book: Book,
    now: datetime,
    wallets: Wallets | None = None,
    own: Mapping[str, float] = NOTHING,
    planned: Callable[[LocalTrade], float | None] = lambda _: None,
) -> tuple[tuple[Position, ...], str | None]:
    """The open trades as positions, and a sentence if one of them has no price. `planned` tells the
    stop price that an entry which has not filled yet is sized for, None when nobody knows.

    With `wallets` (live) a fill counts as soon as the wallet shows it, as it does in the cash.
    """
    found, problem = [], None
    for trade in trades:
        mark = book.close(trade.pair, now)
        if mark is None:
            problem = f"No closed candle is known for the open position in {trade.pair}."
            mark = trade.open_rate
        came = went = 0.0
        if wallets is not None:
            mine = own.get(trade.safe_base_currency, 0.0)
            came, went = arrived(trade, wallets, mine), gone(trade, wallets, mine)
        found.append(
            Position(
                pair=trade.pair,
                amount=trade.amount + came - went,
                entry_price=trade.open_rate,
                mark=mark,
                stop=(None if trade.amount else planned(trade)) or _stop(trade),
                fee=exit_fee(trade, wallets),
                pending=resting_entries(trade) - came,
                owed=trade.borrowed - (trade.funding_fees or 0.0),
            )
        )
    return tuple(found), problem


def exit_fee(trade: LocalTrade, wallets: Wallets | None) -> float:
    """What an exit pays, a fraction. freqtrade guesses what the entry paid; live (with `wallets`)
    it is the taker's rate at least: an entry that rested paid the maker's, a stop does not rest."""
    fee = float(trade.fee_close or trade.fee_open)
    if wallets is None:
        return fee
    listed = wallets._exchange.markets.get(trade.pair, {})
    return max(fee, float(listed.get("taker") or 0.0))


def _stop(trade: LocalTrade) -> float:
    """The price of the trade's stop. Leverage pulls the disaster stop that stands until the entry
    fills up to the price; the planned one may lie below it."""
    if trade.leverage > 1 and not trade.amount and trade.initial_stop_loss_pct:
        whole = trade.open_rate * (1 - abs(trade.initial_stop_loss_pct))
        return float(min(trade.stop_loss, whole))
    return float(trade.stop_loss or 0.0)


def marked(held: Sequence[Position], book: Book, moment: datetime) -> tuple[Position, ...]:
    """The positions as they were worth at an earlier `moment`, where a close is known of it."""
    return tuple(replace(one, mark=book.close(one.pair, moment) or one.mark) for one in held)


def keep_stop(trade: LocalTrade) -> None:
    """Makes the trade's stop outlive freqtrade's next count of its orders, as after a partial exit:
    it measures the stop's distance, which is one from the price of the moment, from the entry. Of a
    price below the entry that would put the stop too high, above the price itself maybe."""
    stop, distance = trade.stop_loss or 0.0, abs(trade.stop_loss_pct or 0.0) / trade.leverage
    if trade.amount and 0 < stop < trade.open_rate * (1 - distance):
        trade.stop_loss_pct = -(1 - stop / trade.open_rate) * trade.leverage


@dataclass(frozen=True, slots=True)
class Sold:
    """`amount` (base currency) that was sold at `rate` and held from `opened` to `closed` (UTC);
    None: an exchange's stop did it, and of the time only the price tells."""

    pair: str
    amount: float
    rate: float
    fee: float
    opened: datetime
    closed: datetime | None = None

    def gone(self, moment: datetime, mark: float) -> bool:
        """Whether it was sold by `moment`, with the price at `mark`."""
        return mark <= self.rate if self.closed is None else self.closed <= moment

    def more(self, mark: float) -> float:
        """How much more it was worth at `mark` than it brought, in stake currency."""
        return self.amount * (mark - self.rate) * (1 - self.fee)


def sold_since(seen: datetime, held: Sequence[Position]) -> Iterator[Sold]:
    """What was sold after `seen` (UTC), as far as `held`, the present positions, and the database
    tell: an exchange's stop fires while no bot looks, and a bot that slept knows it by its coins
    alone."""
    for trade in Trade.get_trades_proxy(is_open=False, close_date=seen):
        if trade.close_rate and trade.close_date is not None:
            fee = float(trade.fee_close or trade.fee_open)
            sold = (trade.pair, trade.amount, trade.close_rate, fee)
            yield Sold(*sold, trade.open_date_utc, trade.close_date_utc)
    left = {position.pair: position.amount for position in held}
    for trade in Trade.get_trades_proxy(is_open=True):
        amount = trade.amount - left.get(trade.pair, trade.amount)
        if amount > NOISE * trade.amount and trade.open_sl_orders:
            fee = float(trade.fee_close or trade.fee_open)
            yield Sold(trade.pair, amount, trade.stop_loss or 0.0, fee, trade.open_date_utc)


@dataclass(frozen=True, slots=True)
class Raised:
    """A stop that was moved up; prices in stake currency, `before` 0 where there was none."""

    pair: str
    trade: int
    before: float
    after: float


def raise_stops(held: Sequence[Position]) -> tuple[Raised, ...]:
    """Moves the stops of the open trades up to those of `held`; a lower one changes nothing.
    Returns what it moved.

    On the trades themselves, not through custom_stoploss: freqtrade does not ask that when a
    candle's low is already below the old stop, and would fill there.
    """
    if not held:
        return ()
    raised = []
    wanted = {position.pair: position for position in held if position.amount > 0}
    for trade in Trade.get_trades_proxy(is_open=True):
        position = wanted.get(trade.pair)
        before = trade.stop_loss or 0.0
        # An entry that has not filled gets its planned stop when it does.
        if position is not None and trade.amount and position.stop > before:
            distance = 1 - position.stop / position.mark
            trade.adjust_stop_loss(position.mark, distance * trade.leverage)
            keep_stop(trade)
            raised.append(Raised(trade.pair, trade.id, before, trade.stop_loss or 0.0))
    return tuple(raised)
