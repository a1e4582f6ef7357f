"""Open trades: fills, the planned and trailed stop, the time stop, and leaving at a limit."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from freqtrade.enums import ExitCheckTuple, ExitType
from freqtrade.persistence import Order, Trade
from freqtrade.strategy import stoploss_from_absolute

from nija_plugins.copying.standing import WORD
from nija_plugins.copying.tag import is_copy
from nija_plugins.live import lost_exits
from nija_plugins.locks import DRAWDOWN
from nija_plugins.records.decisions import decided
from nija_plugins.strategy.base import StrategyBase
from nija_plugins.wallet import keep_stop

logger = logging.getLogger(__name__)

Callback = TypeVar("Callback", bound=Callable[..., Any])


def only_looks(callback: Callback) -> Callback:
    """Marks a callback that changes nothing on the trade it is shown.

    freqtrade copies the trade and all its orders, deeply, for every call of a callback that is not
    its own: half the time that a backtest spends on open trades.
    """
    callback.__qualname__ = f"IStrategy.{callback.__name__}"
    return callback


class Exits(StrategyBase):
    """freqtrade's questions about open trades."""

    def order_filled(
        self, pair: str, trade: Trade, order: Order, current_time: datetime, **kwargs: Any
    ) -> None:
        """Freezes the plan of a new trade, says whether it may be copied, tells the plugins."""
        self.run.trades_changed = True
        told = {"pair": pair, "price": order.safe_price, "amount": order.safe_filled}
        if order.ft_order_side == trade.entry_side:
            self._frozen_plan(trade)
            self._give_word(trade)
            self.run.stakes.filled(trade)
            stake = order.safe_price * order.safe_filled / trade.leverage
            self.run.hooks.tell("nija_entry_filled", stake=stake, **told)
        else:
            self.run.hooks.tell("nija_exit_filled", profit=self._profit(trade, order), **told)

    def _give_word(self, trade: Trade) -> None:
        """Stores with the trade whether it may be copied, as its tier is now. A copy may not."""
        if self._mode == "backtest" or trade.get_custom_data(WORD) is not None:
            return
        scaling = self.run.scaling
        copied = scaling.limits.copy_trading and not is_copy(trade.enter_tag)
        tier = scaling.tier.name if scaling.tier else None
        trade.set_custom_data(WORD, {"copied": copied, "tier": tier})

    def _profit(self, trade: Trade, order: Order) -> float:
        """The trade's profit so far, after fees, in stake currency. Backtesting tells of a fill
        before it books it, live afterwards."""
        if self._mode == "backtest":
            return float(trade.realized_profit + trade.calc_profit(rate=order.safe_price))
        return float(trade.realized_profit if trade.is_open else trade.close_profit_abs or 0.0)

    def _stop_price(self, trade: Trade, now: datetime) -> float | None:
        plan = self._frozen_plan(trade)
        if plan is None:
            return None
        best = self._book.highest_close(trade.pair, trade.open_date_utc, now)
        return plan.stop_price(trade.open_rate, best)

    @only_looks
    def custom_stoploss(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        after_fill: bool,
        **kwargs: Any,
    ) -> float | None:
        """The distance from the present price to the planned or trailed stop."""
        stop = self._stop_price(trade, current_time)
        if stop is None:
            return None
        if after_fill:
            # Here freqtrade would even lower a stop: one that was tightened stays where it is. The
            # disaster stop gives way, which leverage may have pulled above the planned one.
            tightened = (trade.stop_loss or 0.0) > (trade.initial_stop_loss or 0.0)
            stop = max(stop, trade.stop_loss if tightened else 0.0)
        if stop >= current_rate and self._mode != "backtest":
            # The trail rose above the price while nobody looked. freqtrade takes 0 for no answer;
            # the least distance there is makes it sell now.
            self._say_exit(trade, "nija_trail_above_price", current_rate, current_profit)
            return 1e-9
        distance: float = stoploss_from_absolute(
            stop, current_rate, is_short=trade.is_short, leverage=trade.leverage
        )
        return distance

    @only_looks
    def custom_exit(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        **kwargs: Any,
    ) -> str | None:
        """Leaves when the trade has lasted long enough; in a backtest also when a candle opens
        beyond the stop, at its open: freqtrade would fill at the stop's price, which was not to be
        had. Live the price is what it is, and the stop's market order gets out. At the drawdown
        limit everything leaves."""
        if self._mode == "backtest":
            stop = max(self._stop_price(trade, current_time) or 0.0, trade.stop_loss or 0.0)
            if current_rate <= stop:
                return "nija_gap_through_stop"
        elif self._stop_sells(trade, current_rate):
            return None
        reason = None
        if DRAWDOWN in self.run.memory.locked:
            reason = DRAWDOWN
        elif current_time - trade.open_date_utc >= self.time_stop:
            reason = "nija_time_stop"
        if reason and self._mode != "backtest":
            self._say_exit(trade, reason, current_rate, current_profit)
        return reason

    @only_looks
    def confirm_trade_exit(
        self,
        pair: str,
        trade: Trade,
        order_type: str,
        amount: float,
        rate: float,
        time_in_force: str,
        exit_reason: str,
        current_time: datetime,
        **kwargs: Any,
    ) -> bool:
        """Every exit; it is written down before it is sent."""
        if self._mode == "live":
            price = None if order_type == "market" else rate
            lost_exits.note(trade, amount, price, exit_reason)
        return True

    def ft_check_timed_out(self, trade: Trade, order: Order, current_time: datetime) -> bool:
        """Whether a resting order, an entry's too, is cancelled now; one that the exchange does not
        cancel not in every loop, or no loop would come to the stops."""
        if not super().ft_check_timed_out(trade, order, current_time):
            return False
        return self._mode != "live" or self._cancelling.may_try(order, current_time)

    def check_exit_timeout(
        self, pair: str, trade: Trade, order: Order, current_time: datetime, **kwargs: Any
    ) -> bool:
        """Whether a resting exit is cancelled before freqtrade's own time-out: once the price is
        below the trade's stop. Nobody could sell there: the order holds the coins that Kraken's
        stop would sell, and half filled it makes freqtrade miss what it has sold."""
        if self._mode == "backtest" or order.order_type == "market":
            return False
        exchange = self.wallets._exchange
        price = exchange.get_rate(pair, side="exit", is_short=trade.is_short, refresh=True)
        return bool(price <= (trade.stop_loss or 0.0))

    def _stop_sells(self, trade: Trade, price: float) -> bool:
        """Whether the way out is the stop's market order: another one has rested until `price` was
        below the stop."""
        return bool(price <= (trade.stop_loss or 0.0) and trade.canceled_exit_order_count)

    def ft_stoploss_adjust(
        self, current_rate: float, trade: Trade, *args: Any, **kwargs: Any
    ) -> None:
        """Moves the stop as freqtrade does, and keeps it where it is when a part is sold."""
        super().ft_stoploss_adjust(current_rate, trade, *args, **kwargs)
        if self._mode != "backtest":
            keep_stop(trade)

    def ft_stoploss_reached(
        self, current_rate: float, trade: Trade, *args: Any, **kwargs: Any
    ) -> ExitCheckTuple:
        """Leaves a stop to the exchange, as freqtrade does, only where one rests there: it refuses
        one when a fee has taken a little of the coins, and nobody would sell."""
        found = super().ft_stoploss_reached(current_rate, trade, *args, **kwargs)
        if found.exit_type is not ExitType.NONE or self._mode != "live" or trade.open_sl_orders:
            return found
        below = current_rate <= (trade.stop_loss or 0.0)
        return ExitCheckTuple(exit_type=ExitType.STOP_LOSS) if below else found

    def _say_exit(self, trade: Trade, reason: str, price: float, profit: float) -> None:
        """Once per trade and reason: freqtrade asks again until the order is accepted."""
        key = f"exit of {trade.id}: {reason}"
        if key in self._said:
            return
        self._said.add(key)
        logger.info(
            decided(
                "exit",
                f"Exit from {trade.pair}: {reason}, at {price:,.8g}.",
                pair=trade.pair,
                trade=trade.id,
                reason=reason,
                price=price,
                profit=profit,
            )
        )
