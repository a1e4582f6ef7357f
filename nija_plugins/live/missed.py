"""What coins that have left bring: each at its trade's stop as it was when it was first missed. A
price that rises later is none of theirs, though freqtrade goes on trailing."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

from freqtrade.persistence import Trade
from freqtrade.persistence.custom_data import _CustomData
from freqtrade.wallets import Wallets
from sqlalchemy.exc import SQLAlchemyError

from nija_plugins.wallet import NOISE, exit_fee

logger = logging.getLogger(__name__)

KEY = "nija_missed"
"""Where a trade's parts are among its custom data: the next process knows them, too."""

Part = tuple[float, float]
"""Coins that left together, in base currency, and the price of the stop then."""


def after(parts: Sequence[Part], gone: float, stop: float) -> tuple[Part, ...]:
    """The parts once `gone` coins are missing in all: more than before left at `stop`; where fewer
    are missing, those that left last are there again."""
    kept, left = [], gone
    for amount, price in parts:
        if left > NOISE * gone:
            kept.append((min(amount, left), price))
        left -= amount
    if left > NOISE * gone:
        kept.append((left, stop))
    return tuple(kept)


class MissedCoins:
    """The coins of each open trade that have left, reading by reading of the wallets."""

    def __init__(self) -> None:
        self._parts: dict[int, tuple[Part, ...]] = {}
        self._kept: dict[int, tuple[Part, ...]] = {}
        """As they are in the database."""
        self._fewer: dict[int, tuple[datetime, tuple[Part, ...]]] = {}
        """What the last reading lacked, where that was less than is kept."""

    def proceeds(
        self,
        trades: Sequence[Trade],
        missing: Mapping[int, float],
        wallets: Wallets,
        read: datetime,
    ) -> float:
        """What they bring at their stops, after fees, in stake currency: with it the account stands
        no lower than if every stop were hit, which the loss limits allow for. Barring a gap, it is
        the least. `missing` is how many are by the number of each open trade, in base currency;
        `read` when the `wallets` were (UTC)."""
        brought = 0.0
        for trade in trades:
            parts = self._look(trade, missing[trade.id], read)
            brought += sum(part[0] * part[1] for part in parts) * (1 - exit_fee(trade, wallets))
        self._parts = {one.id: self._parts[one.id] for one in trades}
        return brought

    def sells(self, trade: Trade) -> None:
        """An exit is about to be sent: what leaves now are coins that the last reading had."""
        if trade.id in self._fewer:
            _, self._parts[trade.id] = self._fewer.pop(trade.id)

    def _look(self, trade: Trade, gone: float, read: datetime) -> tuple[Part, ...]:
        """What is missing now. That coins are there again counts for later once a second reading
        agrees (a balance may lag behind a fill), and as far as it does."""
        if trade.id not in self._parts:
            self._kept[trade.id] = self._parts[trade.id] = _stored(trade)
        known = self._parts[trade.id]
        found = agreed = after(known, gone, float(trade.stop_loss or 0.0))
        if gone >= _amount(known) * (1 - NOISE):
            self._fewer.pop(trade.id, None)
        else:
            when, before = self._fewer.setdefault(trade.id, (read, found))
            if when == read:
                return found
            self._fewer[trade.id] = read, found
            agreed = max(before, found, key=_amount)
        self._parts[trade.id] = agreed
        if agreed != self._kept[trade.id] and _keep(trade, agreed):
            self._kept[trade.id] = agreed
        return found


def _amount(parts: Sequence[Part]) -> float:
    return sum(amount for amount, _ in parts)


def _stored(trade: Trade) -> tuple[Part, ...]:
    parts: Sequence[tuple[float, float]] = trade.get_custom_data(KEY) or ()
    return tuple((amount, price) for amount, price in parts)


def _keep(trade: Trade, parts: tuple[Part, ...]) -> bool:
    """Whether it could be written. Where not, the loop goes on: exits need it."""
    try:
        if parts:
            trade.set_custom_data(KEY, list(parts))
        else:
            trade.delete_custom_data(KEY)
    except SQLAlchemyError as error:
        _CustomData.session.rollback()
        logger.warning("What has left of trade %s is not kept: %s", trade.id, type(error).__name__)
        return False
    return True
