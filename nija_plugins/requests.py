"""What freqtrade and the candles know about an entry, as an `EntryRequest`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from nija_plugins.candles.book import Reading
from nija_plugins.entry import EntryRequest, Market, Mode
from nija_plugins.sizing.lot import ENGINE_RESERVE, live_minimum_stake

UNBOUNDED = 1e12
"""Stands for an infinite maximum stake, so that arithmetic on it stays finite."""


LIQUIDATION_BUFFER = 0.05
"""freqtrade's default of its setting `liquidation_buffer`, a fraction."""


def market_rules(
    pair: str,
    listed: Mapping[str, Any] | None,
    fee: float | None,
    maintenance: float | None = None,
    liquidation_buffer: float = LIQUIDATION_BUFFER,
) -> Market:
    """The exchange's rules for `pair` from ccxt's market; `fee` (a fraction) where freqtrade would
    use a configured one, else the worse of maker and taker. `maintenance` is the margin rate of a
    futures market, None in spot markets.

    Raises ValueError when the exchange does not list the pair.
    """
    if listed is None:
        raise ValueError(f"The exchange does not list {pair}.")
    return Market(
        amount_step=float(listed["precision"]["amount"]),
        amount_min=float(listed["limits"]["amount"]["min"] or 0.0),
        cost_min=float(listed["limits"]["cost"]["min"] or 0.0),
        fee=float(max(listed["maker"], listed["taker"]) if fee is None else fee),
        maintenance=0.0 if maintenance is None else maintenance + float(listed["taker"]),
        liquidation_buffer=liquidation_buffer,
    )


def entry_request(
    pair: str,
    now: datetime,
    price: float,
    reading: Reading,
    market: Market,
    config: Mapping[str, Any],
    *,
    mode: Mode,
    stoploss: float,
    candle: timedelta,
    tradable_pairs: int,
    engine_bounds: tuple[float, float],
    leverage: float = 1.0,
) -> EntryRequest:
    """The request to enter `pair` at `price` on the strength of `reading`.

    `stoploss` is the strategy's disaster stop, which raises freqtrade's live minimums;
    `engine_bounds` are freqtrade's own minimum and maximum stake.
    """
    reserve = config.get("amount_reserve_percent", ENGINE_RESERVE)
    minimum, maximum = engine_bounds
    smallest = live_minimum_stake(market, price, stoploss, reserve) / leverage
    return EntryRequest(
        pair=pair,
        time=now,
        price=price,
        exchange=config["exchange"]["name"],
        mode=mode,
        regime=reading.regime,
        score=reading.score,
        stop=reading.stop,
        target=reading.target,
        trail=reading.trail,
        daily_volatility=reading.volatility,
        market=market,
        minimum_stake=max(minimum, smallest),
        maximum_stake=maximum if isfinite(maximum) else UNBOUNDED,
        tradable_pairs=tradable_pairs,
        leverage=leverage,
        confidence=_known(reading.confidence),
        win_probability=_known(reading.win_probability),
        doubt=reading.doubt,
        problem=reading.problem or _staleness(now - reading.ended, candle),
    )


def _known(number: float) -> float | None:
    return number if isfinite(number) else None


def _staleness(age: timedelta, candle: timedelta) -> str | None:
    """A signal counts while its candle is the last one; later, newer candles are missing."""
    if age >= candle:
        return f"The last analysed candle closed {age} ago: newer ones are missing."
    return None
