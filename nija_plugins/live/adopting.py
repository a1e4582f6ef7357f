"""Makes a trade of what the exchange holds and no trade explains, so that it is managed again."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from freqtrade.exchange import timeframe_to_minutes
from freqtrade.persistence import Order, Trade

from nija_plugins.live.holdings import Unexplained
from nija_plugins.live.reconciling import NO_ID

TAG = "nija_adopted"


class NotAdopted(ValueError):
    """The holding cannot become a trade; the message says what to do instead."""


Told = Mapping[str, Any]
"""An order as ccxt tells it."""


def order_behind(found: Unexplained, orders: Sequence[Told], known: frozenset[str]) -> Told | None:
    """The exchange's order that explains `found`: the open one of that id, or the newest purchase
    not `known` that filled about this amount (fees may have been taken off)."""
    unknown = [one for one in orders if str(one["id"]) not in known and one["side"] == "buy"]
    if found.order_id is not None:
        return next((one for one in unknown if str(one["id"]) == found.order_id), None)
    filled = [
        one
        for one in unknown
        if 0.98 <= found.amount / (float(one["filled"] or 0.0) or float("inf")) <= 1.000001
    ]
    return max(filled, key=lambda one: one["timestamp"] or 0, default=None)


def sells(found: Unexplained, orders: Sequence[Told]) -> bool:
    """Whether `found` is an order that sells: it explains no coins, and buys none."""
    return any(str(one["id"]) == found.order_id and one["side"] == "sell" for one in orders)


def bought_for(found: Unexplained, price: float, now: datetime) -> dict[str, Any]:
    """An order as ccxt would tell it, for a holding whose purchase is not known: `found` bought at
    `price` (stake currency per unit)."""
    return {
        "id": f"{TAG}-{now:%Y%m%d%H%M%S}",
        "symbol": found.pair,
        "side": "buy",
        "type": "limit",
        "status": "closed",
        "amount": found.amount,
        "filled": found.amount,
        "remaining": 0.0,
        "price": price,
        "average": price,
        "cost": found.amount * price,
        "timestamp": int(now.timestamp() * 1000),
    }


def adopt(
    found: Unexplained,
    order: Told,
    exchange: Any,
    *,
    stake_currency: str,
    stoploss: float,
    timeframe: str,
    strategy: str,
) -> Trade:
    """The trade that now contains `order`: the open one of the pair, or a new one with the disaster
    `stoploss` (a negative fraction), until the bot's next loop gives it its plan.

    Raises NotAdopted when the order says neither amount nor price.
    """
    price = float(order.get("average") or order.get("price") or 0.0)
    amount = float(order.get("amount") or 0.0)
    if price <= 0 or amount <= 0:
        raise NotAdopted(f"The exchange tells no price of order {order['id']}: name one (--price).")
    (trade,) = Trade.get_trades_proxy(pair=found.pair, is_open=True) or [None]
    if trade is None:
        fee = exchange.get_fee(symbol=found.pair, taker_or_maker="taker")
        opened = datetime.fromtimestamp((order["timestamp"] or 0) / 1000, UTC)
        trade = Trade(
            pair=found.pair,
            base_currency=exchange.get_pair_base_currency(found.pair),
            stake_currency=stake_currency,
            stake_amount=amount * price,
            amount=0,
            amount_requested=amount,
            is_open=True,
            fee_open=fee,
            fee_close=fee,
            open_rate=price,
            open_rate_requested=price,
            open_date=opened,
            exchange=exchange.id,
            strategy=strategy,
            enter_tag=TAG,
            timeframe=timeframe_to_minutes(timeframe),
            leverage=1.0,
            is_short=False,
            trading_mode=exchange.trading_mode,
            amount_precision=exchange.get_precision_amount(found.pair),
            price_precision=exchange.get_precision_price(found.pair),
            precision_mode=exchange.precisionMode,
            precision_mode_price=exchange.precision_mode_price,
            contract_size=exchange.get_contract_size(found.pair),
        )
        trade.adjust_stop_loss(price, stoploss, initial=True)
        Trade.session.add(trade)
    for lost in [one for one in trade.orders if one.order_id == NO_ID]:
        trade.orders.remove(lost)  # it would keep the trade from ever being sold
        Trade.session.delete(lost)
    adopted = Order.parse_from_ccxt_object(dict(order), found.pair, "buy", amount, price)
    adopted.ft_order_tag = TAG
    trade.orders.append(adopted)
    if adopted.order_id.startswith(TAG):
        # freqtrade would ask the exchange for the fee of that order, first of all in every loop,
        # and Coinbase's answer ends the loop: no stop of any trade would be watched.
        trade.fee_open_currency = trade.fee_open_currency or stake_currency
    trade.recalc_trade_from_orders()
    Trade.commit()
    return trade
