"""What is tried: every market with every kind of entries."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

NIJA = "NijaMicro's"
"""The entries as shipped; the others are the plugin files in `research.entries`."""
ENTRIES = (NIJA, "coin_flip", "always_enter")
REAL = "real"
"""Recorded candles; other markets are synthetic with storms."""

EPOCH = datetime(2022, 1, 1, tzinfo=UTC)
WARM_UP = timedelta(days=59)
"""Before a synthetic backtest: 719 hours, and 50 daily closes."""
REAL_FROM, REAL_TO = datetime(2021, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)

ACCOUNTS = (("coinbase", 15), ("kraken", 100), ("kraken", 1_000), ("kraken", 5_000))
"""Exchange and balance in USD of the synthetic markets, in turn. Kraken refuses $15 (its minimum
balance is $50); elsewhere its lower fee leaves more trades."""
REAL_ACCOUNTS = (
    *(("coinbase", balance) for balance in (15, 100, 1_000, 5_000)),
    ("kraken", 1_000),
)
PAUSE_DAYS = 7.0


@dataclass(frozen=True, slots=True)
class Case:
    """One backtest: `market` is REAL or a seed; `pause_days` is drawdown_pause_days, None as
    shipped; `first` to `last` is traded (UTC)."""

    market: str | int
    exchange: str
    balance: int
    entries: str
    first: datetime
    last: datetime
    pause_days: float | None = None

    @property
    def timerange(self) -> str:
        """As freqtrade writes it."""
        return f"{self.first:%Y%m%d}-{self.last:%Y%m%d}"

    @property
    def settings(self) -> dict[str, Any]:
        """The `nija` settings that differ from the shipped ones: no AI filter, which would need
        years before each market and refuse entries that the limits should survive; entries without
        skill have no reward to speak of, and a drawdown lock may end by itself."""
        changed: dict[str, Any] = {"ai_trade_filter": False}
        if self.entries != NIJA:
            changed["min_risk_reward"] = 0.0
        if self.pause_days:
            changed["drawdown_pause_days"] = self.pause_days
        return changed

    def __str__(self) -> str:
        market = "2021-2024" if self.market == REAL else f"seed {self.market}"
        pause = f", pause {self.pause_days:g} days" if self.pause_days else ""
        return f"{market}, {self.exchange} ${self.balance}, {self.entries}{pause}"


def synthetic(markets: int, days: int, first_seed: int = 1) -> Iterator[Case]:
    """`markets` seeds, each from one account, with each kind of entries, as shipped."""
    first = EPOCH + WARM_UP
    for seed in range(first_seed, first_seed + markets):
        exchange, balance = ACCOUNTS[(seed - 1) % len(ACCOUNTS)]
        for entries in ENTRIES:
            yield Case(seed, exchange, balance, entries, first, first + timedelta(days=days))


def recorded() -> Iterator[Case]:
    """The four years, from each account with each kind of entries, as shipped."""
    for exchange, balance in REAL_ACCOUNTS:
        for entries in ENTRIES:
            yield Case(REAL, exchange, balance, entries, REAL_FROM, REAL_TO)
