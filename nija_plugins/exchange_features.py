"""What freqtrade says an exchange can do, before it has been connected."""

from collections.abc import Mapping
from typing import Any

import freqtrade.exchange
from freqtrade.exchange.common import MAP_EXCHANGE_CHILDCLASS


def feature(exchange: str, name: str) -> Any:
    """What freqtrade says about `exchange`, such as "ohlcv_has_history"."""
    base = freqtrade.exchange.Exchange
    title = MAP_EXCHANGE_CHILDCLASS.get(exchange, exchange).title()
    own = getattr(getattr(freqtrade.exchange, title, base), "_ft_has", {})
    return own.get(name, base._ft_has_default.get(name))


def holds_stops(exchange: str) -> bool:
    """Whether a stop that sells at the market may rest at `exchange`, while no bot is there."""
    return bool(
        feature(exchange, "stoploss_on_exchange")
        and "market" in feature(exchange, "stoploss_order_types")
    )


def stop_rests(config: Mapping[str, Any]) -> bool:
    """Whether a live bot's stop rests at its exchange: where it can, unless "order_types" of
    `config` says no."""
    wanted = config.get("order_types", {}).get("stoploss_on_exchange", True)
    return bool(wanted) and holds_stops(config["exchange"]["name"])
