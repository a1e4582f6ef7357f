"""Where an account may go if its trades come again in another order: a stationary bootstrap.

Politis and Romano (1994), "The Stationary Bootstrap": runs of consecutive trades, of geometric
length, drawn with replacement from the history as from a ring. A trade keeps its result in R, the
share of equity it risked and the days since the one before it; tiers, floors and the smallest
stake act on the account as it is then, and a peak counts at the highest price within a trade.
Trades come one after another, never at once, nobody unlocks a used-up drawdown, and the peak is
what an account starts with: an earlier one is not known here.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from nija_plugins.scaling.limits import effective_limits
from nija_plugins.scaling.tiers import sorted_tiers
from nija_plugins.settings import Settings
from nija_plugins.sizing.cuts import lot_share

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FEWEST = 20
"""Trades without which no odds are told: fewer say next to nothing about a year."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
MONTH = 365.25 / 12
"""Days."""
NO_TIER = "no tier"


class TooFewTrades(ValueError):
    """Too few trades to tell odds from; the message says how many there are."""


@dataclass(frozen=True)
class History:
    """Closed trades in the order of their closing, an array each.

    `r`: profit in units of the planned loss; `best`: the same at the trade's highest; `risked`:
    that loss as a fraction of equity at entry; `loss`: that loss as a fraction of the stake;
    `gaps`: days since the close before it, the first one also counting what came after the last.
    """

    r: Floats
    best: Floats
    risked: Floats
    loss: Floats
    gaps: Floats

    @property
    def block(self) -> int:
        """The usual mean length of a block: the cube root of the number of trades, at least 2."""
        return max(2, round(float(np.cbrt(len(self.r)))))


@dataclass(frozen=True)
class Month:
    """The end of month `number`, over all paths; all shares are fractions.

    `quantiles` of equity in stake currency, at `QUANTILES`; `tiers`: the share that stands in each;
    `below`: the share that has been below the lowest tier's minimum; `halted`: the share whose
    drawdown is used up.
    """

    number: int
    quantiles: tuple[float, ...]
    tiers: dict[str, float]
    below: float
    halted: float


def history(trades: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> History:
    """From `Performance.trades` and the time they are from.

    Raises TooFewTrades, and ValueError when the plans of the trades were not recorded.
    """
    if trades.empty:
        raise TooFewTrades("There is no closed trade to draw from.")
    known = trades[trades["r"].notna()]
    if known.empty:
        raise ValueError(
            "The planned losses of these trades were not recorded: make the result again."
        )
    closed = known["closed"]
    since = closed.diff().dt.total_seconds().to_numpy(dtype=float, copy=True) / 86400
    since[0] = ((closed.iloc[0] - start) + (end - closed.iloc[-1])).total_seconds() / 86400
    found = History(
        r=known["r"].to_numpy(dtype=float),
        best=np.fmax(known["best_r"].to_numpy(dtype=float), known["r"].to_numpy(dtype=float)),
        risked=(known["stake"] * known["loss"] / known["equity"]).to_numpy(dtype=float),
        loss=known["loss"].to_numpy(dtype=float),
        gaps=np.maximum(since, 0.0),
    )
    if len(known) < FEWEST:
        raise TooFewTrades(
            f"{len(known)} closed trades (mean {found.r.mean():+.2f} R) are too few to tell odds "
            f"from: {FEWEST} is the least, and a hundred would be better."
        )
    return found


def simulate(
    past: History,
    equity: float,
    settings: Settings,
    *,
    months: int = 12,
    paths: int = 5000,
    seed: int = 1,
    block: int | None = None,
) -> list[Month]:
    """A fresh account of `equity` (stake currency) after each of `months` months.

    The same arguments give the same numbers. `block` is the mean length of a run of trades.
    Raises ValueError for an equity, a number or a block that is not above zero.
    """
    if not equity > 0 or min(months, paths, 1 if block is None else block) < 1:
        raise ValueError("Equity, months, paths and block must be above zero.")
    random = np.random.default_rng(seed)
    jump = 1 / (block or past.block)
    accounts = _Accounts.begin(equity, paths, settings)
    going, time, row = np.arange(paths), np.zeros(paths), random.integers(0, len(past.r), paths)
    found = np.full((months, paths), np.nan)
    standing = np.zeros((months, paths), dtype=np.int64)
    below, halted = np.zeros(months), np.zeros(months)
    done = np.zeros(paths, dtype=np.int64)
    while len(going):
        time = time + past.gaps[row]
        ended = np.minimum((time / MONTH).astype(np.int64), months)
        over = np.flatnonzero(ended > done)
        for month in range(int(done[over].min(initial=months)), int(ended[over].max(initial=0))):
            now = over[(done[over] <= month) & (ended[over] > month)]
            found[month, going[now]] = accounts.equity[now]
            standing[month, going[now]] = accounts.tier[now]
            below[month] += accounts.below[now].sum()
            halted[month] += accounts.halted[now].sum()
        # Drawn for every path, so that none depends on how long the others take.
        anew, other = random.random(paths)[going] < jump, random.integers(0, len(past.r), paths)
        accounts.trade(past, row)
        row = np.where(anew, other[going], (row + 1) % len(past.r))
        done = ended
        if done.max() == months:
            on = done < months
            going, time, row, done = going[on], time[on], row[on], done[on]
            accounts = accounts.only(on)
    names = [NO_TIER, *(tier.name for tier in sorted_tiers())]
    return [
        Month(
            number=month + 1,
            quantiles=tuple(float(one) for one in np.quantile(found[month], QUANTILES)),
            tiers={
                name: float((standing[month] == rank - 1).mean()) for rank, name in enumerate(names)
            },
            below=float(below[month] / paths),
            halted=float(halted[month] / paths),
        )
        for month in range(months)
    ]


def mean_r(past: History, seed: int = 1, draws: int = 4000) -> tuple[float, float, float]:
    """The mean R and its 90% interval, from drawing runs of trades as `simulate` does."""
    random, count = np.random.default_rng(seed), len(past.r)
    sums = np.cumsum([0.0, *past.r, *past.r])  # the last trade is followed by the first
    total, left = np.zeros(draws), np.full(draws, count)
    while left.any():
        row = random.integers(0, count, draws)
        run = np.minimum(random.geometric(1 / past.block, draws), left)
        total += sums[row + run] - sums[row]
        left -= run
    low, high = np.quantile(total / count, [0.05, 0.95])
    return float(past.r.mean()), float(low), float(high)


@dataclass
class _Accounts:
    """Many accounts at once; `tier` is a row of the sorted table, −1 is "no tier". `risks` are the
    risk per trade, in percent, of "no tier" and of each."""

    equity: Floats
    peak: Floats
    tier: Ints
    below: npt.NDArray[np.bool_]
    halted: npt.NDArray[np.bool_]
    settings: Settings
    risks: Floats

    @classmethod
    def begin(cls, equity: float, paths: int, settings: Settings) -> "_Accounts":
        worth = np.full(paths, float(equity))
        no = np.zeros(paths, dtype=bool)
        limits = [effective_limits(one, settings) for one in sorted_tiers()]
        risks = np.array([0.0, *(one.risk_per_trade for one in limits)])
        accounts = cls(worth, worth.copy(), np.full(paths, -1), no, no.copy(), settings, risks)
        accounts.tier = next_tiers(worth, accounts.tier, settings.downgrade_buffer)
        accounts.below = worth < sorted_tiers()[0].min_equity
        return accounts

    def only(self, which: npt.NDArray[np.bool_]) -> "_Accounts":
        """Those of them that are true in `which`."""
        own = ("equity", "peak", "tier", "below", "halted")
        return replace(self, **{name: getattr(self, name)[which] for name in own})

    def trade(self, past: History, row: Ints) -> None:
        """Each account makes the trade in its `row`, as large as it may."""
        settings, loss = self.settings, past.loss[row]
        risk = self.risks[self.tier + 1] / 100
        room = np.maximum(self.equity - (1 - settings.max_drawdown / 100) * self.peak, 0.0)
        # Nothing is open here: what cannot carry the smallest stake has used up its drawdown.
        self.halted |= (self.tier >= 0) & (room < settings.min_trade_size * past.loss.min())
        most = np.minimum(risk * self.equity, room) / loss
        stake = np.minimum(past.risked[row] * self.equity / loss, most)
        lot = settings.min_trade_size
        liftable = (lot <= most) & (lot <= lot_share(settings) * self.equity)
        stake = np.where(stake >= lot, stake, np.where(liftable, lot, 0.0))
        stake[self.halted | (self.tier < 0)] = 0.0
        self.peak = np.maximum(self.peak, self.equity + past.best[row] * stake * loss)
        self.equity = np.maximum(self.equity + past.r[row] * stake * loss, 0.0)
        self.halted |= self.equity <= (1 - settings.max_drawdown / 100) * self.peak
        self.tier = next_tiers(self.equity, self.tier, settings.downgrade_buffer)
        self.below |= self.equity < sorted_tiers()[0].min_equity


def next_tiers(equity: Floats, current: Ints, buffer: float) -> Ints:
    """`scaling.tiers.tier_for` for many accounts; tiers as rows of the sorted table, −1 for none.
    `buffer` is in percent."""
    minima = np.array([tier.min_equity for tier in sorted_tiers()])
    deserved = minima.searchsorted(equity, side="right") - 1
    kept = equity >= minima[np.maximum(current, 0)] * (100 - buffer) / 100
    return np.where((deserved >= current) | ~kept, deserved, current)
