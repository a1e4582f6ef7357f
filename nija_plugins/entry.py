"""One candidate entry: what the market says about it, and nothing about what we own."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from nija_plugins.view import Regime

Mode = Literal["backtest", "dry_run", "live"]


@dataclass(frozen=True, slots=True)
class Market:
    """What the exchange demands of an order on one pair.

    `amount_step` and `amount_min` are in base currency, `cost_min` in stake currency, `fee` is the
    fraction of the notional paid on each side (0.004 = 0.4%), the worse of maker and taker.
    `maintenance` is the fraction of a futures position's value, its taker fee included, below which
    the exchange liquidates it (0 in spot markets), `liquidation_buffer` the fraction of the way
    there that freqtrade leaves.
    """

    amount_step: float
    amount_min: float
    cost_min: float
    fee: float
    maintenance: float = 0.0
    liquidation_buffer: float = 0.05


@dataclass(frozen=True, slots=True)
class EntryRequest:
    """A signal that wants to become a trade.

    Prices are in stake currency per unit of base; `stop`, `target`, `trail` are fractions of
    `price`; `daily_volatility` is the standard deviation of daily returns as a fraction; `score`,
    `confidence` and `win_probability` lie in [0, 1], the last two are None when no filter serves
    them or it does not know; `doubt` is a sentence that says why, None without a filter. `problem`
    is a sentence when the candles behind the signal cannot be trusted. `copy_of` names the leader's
    trade that this entry copies ("main:12:1764057600123"), None for every other entry.
    `minimum_stake` and `maximum_stake` are the engine's own bounds, in stake currency. A stake is
    margin: the position is `leverage` times as large, and so are its fees and its loss.
    """

    pair: str
    time: datetime
    price: float
    exchange: str
    mode: Mode
    regime: Regime
    score: float
    stop: float
    target: float
    trail: float
    daily_volatility: float
    market: Market
    minimum_stake: float
    maximum_stake: float
    tradable_pairs: int
    leverage: float = 1.0
    confidence: float | None = None
    win_probability: float | None = None
    doubt: str | None = None
    problem: str | None = None
    copy_of: str | None = None

    @property
    def asset(self) -> str:
        """The base currency, `BTC` for `BTC/USD`."""
        return self.pair.partition("/")[0]

    @property
    def loss_at_stop(self) -> float:
        """What one unit of stake loses when the stop is hit, both fees included (fraction).

        Buying costs 1 + fee; the stop returns (1 - stop)(1 - fee); leverage multiplies both.
        """
        fee = self.market.fee
        return self.leverage * ((1 + fee) - (1 - self.stop) * (1 - fee))

    @property
    def gain_at_target(self) -> float:
        """What one unit of stake gains at the target, both fees included (fraction)."""
        fee = self.market.fee
        return self.leverage * ((1 + self.target) * (1 - fee) - (1 + fee))

    @property
    def cost(self) -> float:
        """What one unit of stake takes out of the cash: itself, and the fee on the position."""
        return 1 + self.leverage * self.market.fee

    @property
    def reward_over_risk(self) -> float:
        """b: the gain at the target over the loss at the stop, after fees."""
        return self.gain_at_target / self.loss_at_stop
