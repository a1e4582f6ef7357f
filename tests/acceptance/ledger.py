"""The account re-lived from the exported trades and the candle files alone, hour by hour.

The order is the engine's: at each hour the loop's start sees the trades still open; then come the
pairs with open trades (oldest first), then the others in whitelist order. A pair is entered, its
stop raised and its exit filled before the next pair's turn, so a trade that leaves "at" an hour is
gone when a later pair enters at that hour. A pair whose trade has just left waits an hour.

Own bookkeeping: an entry costs stake × (1 + fee) at once, an exit brings amount × rate × (1 - fee).
freqtrade's wallet books the entry's fee only at the exit, and marks at the open of the candle that
has just begun; `Hour.wallet` is the account in its way of counting, for comparison.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from tests.acceptance.candles import Candles, hour_of
from tests.acceptance.exits import Life, live
from tests.acceptance.money import Broker, Moment, Offer, Tier, tier_of

PAIRS = ("BTC/USD", "ETH/USD", "SOL/USD")


@dataclass(frozen=True)
class Trade:
    """One exported trade with the hours (since 1970) it was opened and closed; `stop` is where
    its stop stood in the end."""

    pair: str
    opened: int
    closed: int
    amount: float
    stake: float
    open_rate: float
    close_rate: float
    fee: float
    reason: str
    stop: float

    @property
    def proceeds(self) -> float:
        """What the exit brought, after its fee."""
        return self.amount * self.close_rate * (1 - self.fee)

    @property
    def cost(self) -> float:
        """What the entry took, with its fee."""
        return self.amount * self.open_rate * (1 + self.fee)


@dataclass(frozen=True)
class Entry:
    """A trade with what was known when it was entered, and how it should have ended."""

    trade: Trade
    offer: Offer
    moment: Moment
    life: Life

    def __str__(self) -> str:
        t = self.trade
        when = pd.Timestamp(t.opened * 3600, unit="s")
        return f"{t.pair} of {when:%Y-%m-%d %H:%M} for ${t.stake:.2f} on {self.moment}"


@dataclass(frozen=True)
class Hour:
    """The account at the start of one loop; `wallet` as freqtrade counts it (see above)."""

    moment: Moment
    wallet: float


@dataclass(frozen=True)
class Change:
    """A tier change at `hour`, names or None for no tier."""

    hour: int
    before: str | None
    after: str | None
    equity: float


@dataclass(frozen=True)
class Ledger:
    """Everything that was re-lived, in order."""

    entries: tuple[Entry, ...]
    hours: tuple[Hour, ...]
    changes: tuple[Change, ...]


def trades_of(exported: pd.DataFrame) -> list[Trade]:
    """The exported trades; the fee is asserted to be the same on the way in and out."""
    found = []
    for row in exported.to_dict("records"):
        assert row["fee_open"] == row["fee_close"] and not row["is_open"]
        found.append(
            Trade(
                pair=row["pair"],
                opened=hour_of(row["open_date"]),
                closed=hour_of(row["close_date"]),
                amount=row["amount"],
                stake=row["stake_amount"],
                open_rate=row["open_rate"],
                close_rate=row["close_rate"],
                fee=row["fee_open"],
                reason=row["exit_reason"],
                stop=row["stop_loss_abs"],
            )
        )
    return found


class Account:
    """What is owned at one point of the replay."""

    def __init__(self, balance: float, candles: Mapping[str, Candles]) -> None:
        self.cash = balance
        self.open: dict[str, tuple[Trade, Life]] = {}
        self.tier: Tier | None = None
        self.wins = self.losses = 0
        self._candles = candles
        self._day, self._day_open, self._peak = -1, balance, balance

    def moment(self, hour: int, stops_of: int) -> Moment:
        """The account at `hour`, with stops as they stood after the candle of `stops_of`."""
        equity = worst = self.cash
        for trade, life in self.open.values():
            left = trade.amount * (1 - trade.fee)
            equity += left * self._candles[trade.pair].mark(hour)
            worst += left * life.stop_at(stops_of)
        return Moment(
            hour=hour,
            cash=self.cash,
            equity=equity,
            worst_case=worst,
            day_open=self._day_open,
            peak=max(self._peak, equity),
            tier=self.tier,
            held=tuple(self.open),
            wins=self.wins,
            losses=self.losses,
        )

    def begin_hour(self, hour: int) -> tuple[Hour, Change | None]:
        """The start of a loop: the day opens at its first one, the tier follows the equity."""
        seen = self.moment(hour, stops_of=hour - 1)
        if hour // 24 != self._day:
            self._day, self._day_open = hour // 24, seen.equity
        self._peak = seen.peak
        before, self.tier = self.tier, tier_of(seen.equity, self.tier)
        change = None
        if before != self.tier:
            names = (one.name if one else None for one in (before, self.tier))
            change = Change(hour, *names, seen.equity)
        wallet = self.cash
        for trade, _ in self.open.values():
            unbooked = trade.amount * trade.open_rate * trade.fee
            wallet += unbooked + trade.amount * self._candles[trade.pair].candle(hour)[0]
        return Hour(self.moment(hour, stops_of=hour - 1), wallet), change

    def enter(self, trade: Trade, life: Life) -> None:
        self.open[trade.pair] = (trade, life)
        self.cash -= trade.cost

    def leave(self, pair: str) -> None:
        trade, _ = self.open.pop(pair)
        self.cash += trade.proceeds
        won = trade.proceeds > trade.cost
        self.wins += won
        self.losses += not won


def relive(
    trades: Sequence[Trade],
    candles: Mapping[str, Candles],
    broker: Broker,
    balance: float,
    first: int,
    last: int,
) -> Ledger:
    """The ledger of `trades` between the loops of hours `first` and `last`, from `balance`."""
    entering = {(trade.pair, trade.opened): trade for trade in trades}
    assert len(entering) == len(trades), "two entries into one pair in one hour"
    account = Account(balance, candles)
    entries, hours, changes = [], [], []
    for hour in range(first, last + 1):
        started, change = account.begin_hour(hour)
        hours.append(started)
        changes += [change] if change else []
        for pair in dict.fromkeys([*account.open, *PAIRS]):
            if pair not in account.open and (trade := entering.pop((pair, hour), None)):
                entry = _entry(trade, account, candles[pair], broker, last)
                entries.append(entry)
                account.enter(trade, entry.life)
            if pair in account.open and account.open[pair][0].closed == hour:
                account.leave(pair)
    assert not entering, f"trades that the engine's order does not allow: {list(entering)}"
    return Ledger(tuple(entries), tuple(hours), tuple(changes))


def _entry(trade: Trade, account: Account, candles: Candles, broker: Broker, last: int) -> Entry:
    plan = candles.plan(trade.opened)
    offer = Offer(
        asset=trade.pair.partition("/")[0],
        price=trade.open_rate,
        stop=plan.stop,
        target=plan.target,
        daily_volatility=plan.daily_volatility,
        broker=broker,
    )
    moment = account.moment(trade.opened, stops_of=trade.opened)
    life = live(candles, trade.opened, trade.open_rate, plan, min(trade.closed, last))
    return Entry(trade, offer, moment, life)
