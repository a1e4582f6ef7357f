"""Lots: amounts the exchange accepts, and the smallest one NIJA will order.

All rounding of amounts happens here, downwards, in decimal arithmetic.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from nija_plugins.entry import EntryRequest, Market

ENGINE_RESERVE = 0.05
"""freqtrade's `amount_reserve_percent` default: added to every minimum."""

RESERVE_CEILING = 1.5
"""freqtrade raises a cost minimum for the stop by at most this factor."""


def live_minimum_stake(market: Market, price: float, stoploss: float, reserve: float) -> float:
    """The smallest stake freqtrade accepts live, in stake currency.

    The formula of `Exchange._get_stake_amount_limit` with the strategy's disaster `stoploss`
    (fraction, e.g. 0.30): backtesting assumes 5% there and would accept what live refuses. With
    leverage freqtrade divides it by that.
    """
    margin = 1 + reserve
    for_stop = min(max(margin / (1 - abs(stoploss)), 1.0), RESERVE_CEILING)
    return max(market.cost_min * for_stop, market.amount_min * price * margin)


def floor_amount(amount: float, market: Market) -> float:
    """`amount` rounded down to the exchange's step, in base currency."""
    return float(_steps(amount, market.amount_step, ROUND_FLOOR) * _decimal(market.amount_step))


def smallest_amount(request: EntryRequest, min_trade_size: float) -> float:
    """The smallest amount NIJA orders: it is worth at least `min_trade_size` and the exchange's
    minimum, plus one step, so that a rounding anywhere on the way cannot take it below."""
    floor = max(min_trade_size, request.minimum_stake * request.leverage)
    steps = _steps(floor / request.price, request.market.amount_step, ROUND_CEILING) + 1
    return float(steps * _decimal(request.market.amount_step))


def smallest_stake(request: EntryRequest, min_trade_size: float) -> float:
    """The stake of `smallest_amount`, before fees, in stake currency."""
    return smallest_amount(request, min_trade_size) * request.price / request.leverage


def stake_for(amount: float, request: EntryRequest) -> float:
    """The stake whose amount, truncated by the engine, is exactly `amount`.

    A thousandth of a step on top, because stake / price × price is not exact in binary.
    """
    return (amount + request.market.amount_step / 1000) * request.price / request.leverage


def _steps(amount: float, step: float, rounding: str) -> Decimal:
    return (_decimal(amount) / _decimal(step)).to_integral_value(rounding=rounding)


def _decimal(number: float) -> Decimal:
    return Decimal(repr(float(number)))
