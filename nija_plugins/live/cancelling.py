"""Orders that an exchange does not cancel. freqtrade's loop ends there, before it looks at a stop,
and begins again with the same order. So that one waits, and the loops between reach the stops."""

import logging
from datetime import datetime, timedelta

from freqtrade.persistence import Order

logger = logging.getLogger(__name__)

AGAIN = timedelta(minutes=1)
"""Between two attempts to cancel the same order. After an error freqtrade waits for half of it."""


class Cancelling:
    """When each order was last to be cancelled (UTC)."""

    def __init__(self) -> None:
        self._tried: dict[str, datetime] = {}

    def may_try(self, order: Order, now: datetime) -> bool:
        """Whether it is time to cancel `order`, and takes it for tried."""
        before = self._tried.get(order.order_id)
        if before is not None and timedelta(0) <= now - before < AGAIN:
            return False
        if before is not None:
            logger.warning(
                "The order %s of %s is still there, though it was to be cancelled: trying again.",
                order.order_id,
                order.ft_pair,
            )
        kept = {one: when for one, when in self._tried.items() if now - when < 2 * AGAIN}
        self._tried = kept | {order.order_id: now}
        return True
