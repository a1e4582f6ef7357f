"""Numbers out of freqtrade's database of trades that it keeps no method for."""

from datetime import datetime, timedelta

from freqtrade.persistence import Order, Trade
from sqlalchemy import func, select


def trades_known() -> int:
    """How many trades with a fill the database knows; unfilled entries come and go."""
    query = select(func.count(Trade.id)).where((Trade.is_open.is_(False)) | (Trade.amount > 0))
    return int(Trade.session.scalar(query) or 0)


def recent_turnover(now: datetime) -> float:
    """What orders of the last day, and of open trades, moved, in stake currency; `now` in UTC."""
    worth = func.sum(func.coalesce(Order.filled, 0) * func.coalesce(Order.average, Order.price, 0))
    recent = Order.order_filled_date >= (now - timedelta(days=1)).replace(tzinfo=None)
    query = select(worth).join(Trade, Order.ft_trade_id == Trade.id).where(recent | Trade.is_open)
    return float(Order.session.scalar(query) or 0.0)
