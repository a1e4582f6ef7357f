"""The account re-lived from the exported trades and the candle files alone, hour by hour.

The order is the engine's: at each hour the loop's start sees the trades still open, and raises
their stops when W lies below a floor; then come the pairs with open trades (oldest first), then the
others in whitelist order. A pair is entered, its stop raised and its exit filled before the next
pair's turn, so a trade that leaves "at" an hour is gone when a later pair enters at that hour. A
pair whose trade has just left waits an hour.

Own bookkeeping: an entry costs stake × (1 + fee) at once, an exit brings amount × rate × (1 - fee).
freqtrade's wallet books the entry's fee only at the exit, and marks at the open of the candle that
has just begun; `Hour.wallet` is the account in its way of counting, for comparison.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from tests.acceptance.candles import Candles, hour_of, time_of
from tests.acceptance.exits import Life
from tests.acceptance.money import Broker, Moment, Offer, Rules, Tier, share_to_raise, tier_of

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
    """The account at the start of one loop, stops raised: by `share` of their way to the last
    close, mostly 0. `wallet` as freqtrade counts it (see above)."""

    moment: Moment
    wallet: float
    share: float


@dataclass(frozen=True)
class Change:
    """A tier change at `hour`, names or None for no tier."""

    hour: int
    before: str | None
    after: str | None
    equity: float


@dataclass(frozen=True)
class Gap:
    """An exit in the candle of `hour` that brought `loss` less than W had counted on at its start,
    because the candle opened below the stop."""

    hour: int
    pair: str
    loss: float

    def __str__(self) -> str:
        return f"{self.pair} gapped through its stop at {time_of(self.hour)}, ${self.loss:.4f} lost"


@dataclass(frozen=True)
class Ledger:
    """Everything that was re-lived, in order."""

    entries: tuple[Entry, ...]
    hours: tuple[Hour, ...]
    changes: tuple[Change, ...]
    gaps: tuple[Gap, ...]


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

    def __init__(self, balance: float, candles: Mapping[str, Candles], rules: Rules) -> None:
        self.cash = balance
        self.open: dict[str, tuple[Trade, Life]] = {}
        self.tier: Tier | None = None
        self.wins = self.losses = 0
        self.gaps: list[Gap] = []
        self._candles, self._rules = candles, rules
        self._day, self._day_open, self._peak = -1, balance, balance
        self._counted_on: dict[str, float] = {}

    def moment(self, hour: int) -> Moment:
        """The account at `hour`, with the stops as they stand now."""
        equity = worst = self.cash
        for trade, life in self.open.values():
            left = trade.amount * (1 - trade.fee)
            mark = self._candles[trade.pair].mark(hour)
            equity += left * mark
            worst += left * min(life.stop, mark)
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
        """The start of a loop: the day opens at its first one, stops follow the floors, the tier
        follows the equity."""
        seen = self.moment(hour)
        if hour // 24 != self._day:
            self._day, self._day_open = hour // 24, seen.equity
        self._peak = seen.peak
        share = share_to_raise(self.moment(hour), self._rules)
        if share > 0:
            for _, life in self.open.values():
                life.raise_stop(hour, share)
        before, self.tier = self.tier, tier_of(seen.equity, self.tier)
        change = None
        if before != self.tier:
            names = (one.name if one else None for one in (before, self.tier))
            change = Change(hour, *names, seen.equity)
        wallet = self.cash
        for trade, life in self.open.values():
            unbooked = trade.amount * trade.open_rate * trade.fee
            wallet += unbooked + trade.amount * self._candles[trade.pair].candle(hour)[0]
            self._counted_on[trade.pair] = min(life.stop, self._candles[trade.pair].mark(hour))
        return Hour(self.moment(hour), wallet, share), change

    def enter(self, trade: Trade, life: Life) -> None:
        self.open[trade.pair] = (trade, life)
        self._counted_on[trade.pair] = life.stop
        self.cash -= trade.cost

    def leave(self, pair: str) -> None:
        trade, _ = self.open.pop(pair)
        self.cash += trade.proceeds
        won = trade.proceeds > trade.cost
        self.wins += won
        self.losses += not won
        lost = self._counted_on[pair] - trade.close_rate
        if lost > 0:
            self.gaps.append(Gap(trade.closed, pair, trade.amount * lost * (1 - trade.fee)))


def relive(
    trades: Sequence[Trade],
    candles: Mapping[str, Candles],
    broker: Broker,
    rules: Rules,
    balance: float,
    first: int,
    last: int,
) -> Ledger:
    """The ledger of `trades` between the loops of hours `first` and `last`, from `balance`."""
    entering = {(trade.pair, trade.opened): trade for trade in trades}
    assert len(entering) == len(trades), "two entries into one pair in one hour"
    account = Account(balance, candles, rules)
    entries, hours, changes = [], [], []
    for hour in range(first, last + 1):
        started, change = account.begin_hour(hour)
        hours.append(started)
        changes += [change] if change else []
        for pair in dict.fromkeys([*account.open, *PAIRS]):
            if pair not in account.open and (trade := entering.pop((pair, hour), None)):
                entry = _entry(trade, account, candles[pair], broker)
                entries.append(entry)
                account.enter(trade, entry.life)
            if pair in account.open:
                trade, life = account.open[pair]
                life.work(hour)
                if trade.closed == hour:
                    account.leave(pair)
    assert not entering, f"trades that the engine's order does not allow: {list(entering)}"
    return Ledger(tuple(entries), tuple(hours), tuple(changes), tuple(account.gaps))


def _entry(trade: Trade, account: Account, candles: Candles, broker: Broker) -> Entry:
    plan = candles.plan(trade.opened)
    offer = Offer(
        asset=trade.pair.partition("/")[0],
        price=trade.open_rate,
        stop=plan.stop,
        target=plan.target,
        daily_volatility=plan.daily_volatility,
        broker=broker,
    )
    life = Life(candles, trade.opened, trade.open_rate, plan)
    return Entry(trade, offer, account.moment(trade.opened), life)
