"""The two floors for W, and how stops follow when a new day or a new peak lifts one above it.

Entries keep W above both floors; a floor that rises is met by raising the stops of what is open. So
a day loses at most daily_max_loss and the account at most max_drawdown, barring a gap.

Several brokers share floors and W. Each raises its own stops by the same share; those of a bot that
is dead stay where they are, so the others do its part.
"""

from dataclasses import replace

from nija_plugins.account import Account, Benchmarks, Position
from nija_plugins.settings import Settings


def day_floor(benchmarks: Benchmarks, settings: Settings) -> float:
    """(1 - daily_max_loss) × the day's opening equity, in stake currency."""
    return (1 - settings.daily_max_loss / 100) * benchmarks.day_open


def drawdown_floor(benchmarks: Benchmarks, settings: Settings) -> float:
    """(1 - max_drawdown) × the peak, in stake currency."""
    return (1 - settings.max_drawdown / 100) * benchmarks.peak


LAST_STEP = 0.001
"""A shortfall below this fraction of the floor is made up here alone: shared, each loop of each bot
would leave a part of it."""


def tightened(account: Account, settings: Settings) -> tuple[Position, ...]:
    """This broker's open positions, their stops raised pro rata so that W reaches the higher floor.

    Each stop moves the same share k of its way to the last closed price:
    W(k) = W + k × (equity - W), so k = (floor - W) / (equity - W), counting of other brokers what
    can still be raised there. With k ≥ 1 the floor lies above the equity itself, and every stop
    stands at the price: everything is sold.
    """
    if not account.positions:
        return ()
    benchmarks, w = account.benchmarks, account.worst_case
    floor = max(day_floor(benchmarks, settings), drawdown_floor(benchmarks, settings))
    room = account.own_equity - account.own_worst_case
    if floor - w > LAST_STEP * floor:
        room += account.others.room
    if w >= floor or room <= 0:
        return account.positions
    share = min(1.0, (floor - w) / room)
    return tuple(
        replace(position, stop=position.stop + share * max(position.mark - position.stop, 0.0))
        for position in account.positions
    )
