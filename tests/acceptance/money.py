"""DESIGN §5, §6 and §7 typed a second time: the numbers, the tier rule, the sizer, the limits.

Nothing here imports NIJA's own money code, so an error there is not repeated here. Money is in
stake currency, distances and shares are fractions, `risk` is a fraction of equity.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from math import inf

POSITION, BUFFER, LIFTED, ASSET = 0.18, 0.15, 0.40, 0.36
"""Shares of equity: largest position, cash that stays, largest lifted lot, one asset."""
DAY, DRAWDOWN = 0.94, 0.88
"""Floors for W: of the day's opening equity, of the peak."""
SMALLEST_TRADE = 5.0
REWARD_RISK = 1.8
DISASTER_STOP = 0.30
RESERVE = 1.05
"""freqtrade's amount_reserve_percent."""
STEP = 1e-8
"""Lot step of all three assets on both exchanges."""


@dataclass(frozen=True)
class Tier:
    """A row of §5's table."""

    name: str
    minimum: float
    positions: int
    risk: float


TIERS = (
    Tier("STARTER", 15, 2, 0.03),
    Tier("GROWTH", 250, 3, 0.04),
    Tier("ADVANCED", 500, 4, 0.04),
    Tier("ELITE", 1000, 6, 0.05),
)
DOWNGRADE = 0.95


@dataclass(frozen=True)
class Broker:
    """What an exchange charges and demands: the worse of maker and taker fee, the smallest order
    by cost and by amount, and §6's minimum balance."""

    fee: float
    cost_minimum: float
    amount_minimum: dict[str, float]
    balance: float


BROKERS = {
    "coinbase": Broker(0.012, 1.0, {"BTC": 1e-8, "ETH": 1e-8, "SOL": 1e-8}, 15),
    "kraken": Broker(0.004, 0.5, {"BTC": 0.00005, "ETH": 0.001, "SOL": 0.02}, 50),
}


@dataclass(frozen=True)
class Offer:
    """What the market says about one entry."""

    asset: str
    price: float
    stop: float
    target: float
    daily_volatility: float
    broker: Broker

    @property
    def loss(self) -> float:
        """What a dollar of stake loses at the stop: it cost 1 + fee, and what is left pays a fee
        once more."""
        return 1 + self.broker.fee - (1 - self.stop) * (1 - self.broker.fee)

    @property
    def gain(self) -> float:
        """What a dollar of stake gains at the target, after both fees."""
        return (1 + self.target) * (1 - self.broker.fee) - 1 - self.broker.fee

    @property
    def exchange_minimum(self) -> float:
        """freqtrade's live minimum: the cost raised for the disaster stop by at most half, the
        amount by the reserve."""
        for_stop = min(RESERVE / (1 - DISASTER_STOP), 1.5)
        by_amount = self.broker.amount_minimum[self.asset] * self.price * RESERVE
        return max(self.broker.cost_minimum * for_stop, by_amount)

    @property
    def lot(self) -> float:
        """The smallest stake NIJA orders: the floor rounded up to a lot, and one lot more."""
        floor = max(SMALLEST_TRADE, self.exchange_minimum)
        return (_lots(floor / self.price, ROUND_CEILING) + 1) * STEP * self.price


@dataclass(frozen=True)
class Moment:
    """The account just before an entry (or at the start of a loop, where `tier` may be None)."""

    hour: int
    cash: float
    equity: float
    worst_case: float
    day_open: float
    peak: float
    tier: Tier | None
    held: tuple[str, ...]
    wins: int
    losses: int

    @property
    def floor(self) -> float:
        """The higher of the two floors for W."""
        return max(DAY * self.day_open, DRAWDOWN * self.peak)


@dataclass(frozen=True)
class Sizing:
    """The re-derived stake; 0 when the entry should have been refused, `by` says by what."""

    wish: float
    cuts: dict[str, float]
    stake: float
    lifted: bool
    by: str


def tier_of(equity: float, current: Tier | None) -> Tier | None:
    """Up at once; down only when equity is more than 5% below the current tier's minimum."""
    reached = [tier for tier in TIERS if tier.minimum <= equity]
    earned = reached[-1] if reached else None
    if current and (earned is None or earned.minimum < current.minimum):
        return current if equity >= current.minimum * DOWNGRADE - 1e-12 else earned
    return earned


def legs(offer: Offer, moment: Moment) -> tuple[float, float, float]:
    """Kelly, volatility and equity leg as fractions of equity, each clipped to [0, 18%]."""
    assert moment.tier is not None
    b = offer.gain / offer.loss
    if b > 0:
        believed = 20 * (1 / (1 + b) + 0.02)
        p = (believed + moment.wins) / (20 + moment.wins + moment.losses)
        kelly = (p - (1 - p) / b) / 2
    else:
        kelly = 0.0
    volatility = moment.tier.risk / 5 / offer.daily_volatility
    share = (1 - BUFFER) / min(moment.tier.positions, 3)
    return tuple(min(max(leg, 0.0), POSITION) for leg in (kelly, volatility, share))  # type: ignore[return-value]


def size(offer: Offer, moment: Moment) -> Sizing:
    """§7's hybrid sizer: the wish, cut and never raised, rounded down to a lot; or lifted to the
    smallest lot; or refused."""
    assert moment.tier is not None
    kelly, volatility, share = legs(offer, moment)
    wish = moment.equity * (0.30 * kelly + 0.40 * volatility + 0.30 * share)
    room = moment.worst_case
    fee = offer.broker.fee
    shared = {
        "risk": moment.tier.risk * moment.equity / offer.loss,
        "day": (room - DAY * moment.day_open) / offer.loss,
        "drawdown": (room - DRAWDOWN * moment.peak) / offer.loss,
        "buffer": (moment.cash - BUFFER * moment.equity) / (1 + fee),
        "cash": moment.cash / (1 + fee),
    }
    cuts = {"position": POSITION * moment.equity, **shared}
    by, largest = min(cuts.items(), key=lambda cut: cut[1])
    allowed = min(wish, largest)
    stake = _lots(allowed / offer.price, ROUND_FLOOR) * STEP * offer.price
    if 0 < offer.lot <= stake + STEP * offer.price / 2:
        return Sizing(wish, cuts, stake, False, by if largest < wish else "wish")
    cuts = {"lifted lot": LIFTED * moment.equity, "asset": ASSET * moment.equity, **shared}
    by, largest = min(cuts.items(), key=lambda cut: cut[1])
    if allowed <= 0 or offer.lot > largest:
        return Sizing(wish, cuts, 0.0, False, by)
    return Sizing(wish, cuts, offer.lot, True, "lifted")


def _lots(amount: float, rounding: str) -> int:
    """How many lots `amount` is."""
    if amount in (inf, -inf):
        raise ValueError("an amount must be finite")
    return int((Decimal(repr(amount)) / Decimal(repr(STEP))).to_integral_value(rounding))
