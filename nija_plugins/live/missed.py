"""What coins that have left bring: each at its trade's stop as it was when it was first missed. A
price that rises later is none of theirs, though freqtrade goes on trailing."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    for amount, price in (*parts, (gone, stop)):
        if left > NOISE * gone:
            kept.append((min(amount, left), price))
        left -= amount
    return tuple(kept)


@dataclass
class _Known:
    """Of one trade: its `parts`, those that are `kept` in the database, and when a reading lacked
    `fewer`, and which."""

    parts: tuple[Part, ...]
    kept: tuple[Part, ...]
    fewer: tuple[datetime, tuple[Part, ...]] | None = None


class MissedCoins:
    """The coins of each open trade that have left, reading by reading of the wallets."""

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}

    @property
    def doubtful(self) -> bool:
        """Whether coins are there again as far as one reading of the wallets knows."""
        return any(one.fewer for one in self._known.values())

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
        known, brought = {}, 0.0
        for trade in trades:
            known[trade.id] = one = self._known.get(trade.id) or _stored(trade)
            parts = _look(one, missing[trade.id], float(trade.stop_loss or 0.0), read)
            if one.parts != one.kept and _keep(trade, one.parts):
                one.kept = one.parts
            brought += sum(amount * price for amount, price in parts) * (
                1 - exit_fee(trade, wallets)
            )
        self._known = known
        return brought


def _look(known: _Known, gone: float, stop: float, read: datetime) -> tuple[Part, ...]:
    """What is missing now. That coins are there again counts for later once a second reading
    agrees (a balance may lag behind a fill), and as far as it does."""
    found = after(known.parts, gone, stop)
    if gone >= _amount(known.parts) * (1 - NOISE):
        known.parts, known.fewer = found, None
        return found
    when, before = known.fewer or (read, found)
    if when != read:
        known.parts = max(before, found, key=_amount)
    known.fewer = (read, found)
    return found


def _amount(parts: Sequence[Part]) -> float:
    return sum(amount for amount, _ in parts)


def _stored(trade: Trade) -> _Known:
    stored: Sequence[Part] = trade.get_custom_data(KEY) or ()
    parts = tuple((amount, price) for amount, price in stored)
    return _Known(parts, kept=parts)


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
