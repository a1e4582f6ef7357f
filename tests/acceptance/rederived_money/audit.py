"""The cases that are run, and what every test of one looks at."""

from collections.abc import Callable
from dataclasses import dataclass

from nija_plugins.research.result import Result
from tests.acceptance.backtests import FOUR_YEARS, ONE_YEAR, Case
from tests.acceptance.ledger import Entry, Ledger
from tests.acceptance.money import Rules

TINY = 1e-6
"""Relative slack for limits: what floating point and one lot step of 1e-8 may add."""

LOOSENED = Rules(position=0.60, daily_loss=0.50, drawdown=0.90, weights=(0.0, 0.0, 1.0))
"""With the shipped rules the wish, the two floors and the smallest lot decide every stake. Here the
floors are out of the way and the wish is large, so that risk per trade and the cash buffer decide,
and the account lives long enough to fall through tiers again."""
STRICT = Rules(position=0.60, daily_loss=0.005, drawdown=0.90)
"""With the shipped rules a new day raises stops a few times a year; here nearly every one does, and
up to half of their way to the price."""
PEAKED = Rules(position=0.60, daily_loss=0.90, drawdown=0.10)
"""With the shipped rules the day's floor is always the first to rise above W; here the peak's."""
QUICK = (
    Case("kraken", 100, ONE_YEAR),
    Case("coinbase", 240, ONE_YEAR),
    Case("kraken", 310, ONE_YEAR, LOOSENED),
    Case("kraken", 900, ONE_YEAR, STRICT),
    Case("kraken", 901, ONE_YEAR, PEAKED),
)
SLOW = (
    *(Case("coinbase", balance, FOUR_YEARS) for balance in (15, 100, 240, 990)),
    Case("kraken", 100, FOUR_YEARS),
    Case("kraken", 310, FOUR_YEARS, LOOSENED),
)


@dataclass(frozen=True)
class Audit:
    """A case, what freqtrade and NIJA said about it, and what is derived again."""

    case: Case
    result: Result
    ledger: Ledger


def broken(audit: Audit, good: Callable[[Entry], bool]) -> list[str]:
    """The entries that break the rule `good`, in words."""
    return [f"{audit.case}: {entry}" for entry in audit.ledger.entries if not good(entry)]
