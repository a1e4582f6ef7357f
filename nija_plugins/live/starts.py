"""When the bot last started, and what it found resting from before."""

from datetime import datetime

from freqtrade.persistence import KeyValueStore, Order, Trade

from nija_plugins.live.adopting import TAG


def last_start() -> datetime | None:
    """When freqtrade last began to trade (UTC): at a process's start, and at /start after /stop.
    None before the first."""
    started: datetime | None = KeyValueStore.get_datetime_value("startup_time")
    return started


def outlived_a_start(order: Order, trade: Trade, started: datetime | None) -> bool:
    """Whether an entry `order` rests since before the start. One that a person adopted does not
    count."""
    return started is not None and order.order_date_utc < started and trade.enter_tag != TAG
