"""The money rules typed a second time: the numbers, the tier rule, the sizer, the limits.

Nothing here imports NIJA's own money code, so an error there is not repeated here. Money is in
stake currency, distances and shares are fractions, `risk` is a fraction of equity.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

LIFTED, ASSET = 0.40, 0.36
"""Shares of equity: the largest lifted lot, everything in one asset."""
SMALLEST_TRADE = 5.0
REWARD_RISK = 1.8
DISASTER_STOP = 0.30
RESERVE = 1.05
"""freqtrade's amount_reserve_percent."""
STEP = 1e-8
"""Lot step of all three assets on both exchanges."""


@dataclass(frozen=True)
class Rules:
    """The settings of §6 that some case changes, with §6's defaults, as fractions; the weights
    are those of the Kelly, the volatility and the equity leg."""

    position: float = 0.18
    buffer: float = 0.15
    daily_loss: float = 0.06
    drawdown: float = 0.12
    weights: tuple[float, float, float] = (0.30, 0.40, 0.30)

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that make NIJA use these rules."""
        percent = {
            "MAX_POSITION_PCT": self.position,
            "FORCE_CASH_BUFFER": self.buffer,
            "DAILY_MAX_LOSS": self.daily_loss,
            "MAX_DRAWDOWN": self.drawdown,
        }
        names = ("KELLY_WEIGHT", "VOLATILITY_WEIGHT", "EQUITY_WEIGHT")
        weights = dict(zip(names, map(str, self.weights), strict=True))
        return {name: f"{share * 100:g}" for name, share in percent.items()} | weights


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
    """The account just before an entry (or at the start of a loop, where `tier` may be None).

    `worst_case` is W: every position sold at its stop, or at the last close where that is lower.
    """

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


def floor_of(moment: Moment, rules: Rules) -> float:
    """What W must not lie below: the higher of the day's floor and the peak's."""
    return max((1 - rules.daily_loss) * moment.day_open, (1 - rules.drawdown) * moment.peak)


def share_to_raise(moment: Moment, rules: Rules) -> float:
    """Which share of its way to the last close each stop has to be raised, so that W reaches the
    floor: 0 when it is there, 1 when the equity itself is not."""
    missing = floor_of(moment, rules) - moment.worst_case
    way = moment.equity - moment.worst_case
    return min(missing / way, 1.0) if missing > 0 and way > 0 else 0.0


def legs(offer: Offer, moment: Moment, rules: Rules) -> tuple[float, float, float]:
    """Kelly, volatility and equity leg as fractions of equity, each clipped to [0, position]."""
    assert moment.tier is not None
    b = offer.gain / offer.loss
    kelly = 0.0
    if b > 0:
        believed = 20 * (1 / (1 + b) + 0.02)
        p = (believed + moment.wins) / (20 + moment.wins + moment.losses)
        kelly = (p - (1 - p) / b) / 2
    volatility = moment.tier.risk / 5 / offer.daily_volatility
    share = (1 - rules.buffer) / min(moment.tier.positions, 3)
    kelly, volatility, share = (
        min(max(leg, 0.0), rules.position) for leg in (kelly, volatility, share)
    )
    return kelly, volatility, share


def size(offer: Offer, moment: Moment, rules: Rules) -> Sizing:
    """§7's hybrid sizer: the wish, cut and never raised, rounded down to a lot; or lifted to the
    smallest lot; or refused."""
    assert moment.tier is not None
    blend = sum(w * leg for w, leg in zip(rules.weights, legs(offer, moment, rules), strict=True))
    wish = moment.equity * blend
    fee = offer.broker.fee
    shared = {
        "risk": moment.tier.risk * moment.equity / offer.loss,
        "day": (moment.worst_case - (1 - rules.daily_loss) * moment.day_open) / offer.loss,
        "drawdown": (moment.worst_case - (1 - rules.drawdown) * moment.peak) / offer.loss,
        "buffer": (moment.cash - rules.buffer * moment.equity) / (1 + fee),
        "cash": moment.cash / (1 + fee),
    }
    cuts = {"position": rules.position * moment.equity, **shared}
    by, largest = min(cuts.items(), key=lambda cut: cut[1])
    allowed = min(wish, largest)
    stake = _lots(max(allowed, 0.0) / offer.price, ROUND_FLOOR) * STEP * offer.price
    if stake + STEP * offer.price / 2 >= offer.lot:
        return Sizing(wish, cuts, stake, False, by if largest < wish else "wish")
    cuts = {"lifted lot": LIFTED * moment.equity, "asset": ASSET * moment.equity, **shared}
    by, largest = min(cuts.items(), key=lambda cut: cut[1])
    if allowed <= 0 or offer.lot > largest:
        return Sizing(wish, cuts, 0.0, False, by)
    return Sizing(wish, cuts, offer.lot, True, "lifted")


def _lots(amount: float, rounding: str) -> int:
    """How many lots `amount` is."""
    return int((Decimal(repr(amount)) / Decimal(repr(STEP))).to_integral_value(rounding))
