"""What a test without a whole bot needs of freqtrade: a strategy, and an order that has filled."""

from datetime import datetime, timedelta

from freqtrade.persistence import Order

from nija_plugins.strategy import NijaStrategy


class SmallStrategy(NijaStrategy):
    """As little of a strategy as freqtrade accepts."""

    INTERFACE_VERSION = 3
    timeframe = "1h"
    stoploss = -0.30
    time_stop = timedelta(days=30)
    minimal_roi = {"0": 100}  # noqa: RUF012  (freqtrade's name and form)
    populate_indicators = populate_entry_trend = populate_exit_trend = lambda *_: None


def filled_order(pair: str, side: str, amount: float, price: float, time: datetime) -> Order:
    """A limit order of `side` that was placed and filled whole at `time`."""
    return Order(
        ft_order_side=side,
        ft_pair=pair,
        ft_is_open=False,
        ft_amount=amount,
        ft_price=price,
        order_id=f"{pair}-{side}-{time:%Y%m%d%H%M%S}",
        status="closed",
        side=side,
        order_type="limit",
        price=price,
        average=price,
        amount=amount,
        filled=amount,
        remaining=0.0,
        cost=amount * price,
        order_date=time,
        order_filled_date=time,
    )
