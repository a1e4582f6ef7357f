"""The hybrid sizer: equity × Σ weight × leg. It wishes; `cuts` and `lot` decide."""

from dataclasses import dataclass

from nija_plugins import hookimpl
from nija_plugins.account import Account
from nija_plugins.entry import EntryRequest
from nija_plugins.settings import Settings
from nija_plugins.sizing.equal_share import equity_leg
from nija_plugins.sizing.kelly import kelly_leg
from nija_plugins.sizing.volatility import volatility_leg


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg's opinion: `fraction` of equity, entering with `weight`."""

    name: str
    weight: float
    fraction: float


def legs(request: EntryRequest, account: Account, settings: Settings) -> tuple[Leg, ...]:
    """The three legs with their weights; one weight is 1 when `position_sizer` names one leg."""
    weights = {
        "HYBRID": (settings.kelly_weight, settings.volatility_weight, settings.equity_weight),
        "KELLY": (1.0, 0.0, 0.0),
        "VOLATILITY": (0.0, 1.0, 0.0),
        "EQUITY": (0.0, 0.0, 1.0),
    }[settings.position_sizer]
    return (
        Leg("kelly", weights[0], kelly_leg(request, account, settings)),
        Leg("volatility", weights[1], volatility_leg(request, account, settings)),
        Leg("equity", weights[2], equity_leg(request, account, settings)),
    )


def sizing_base(account: Account, settings: Settings) -> float:
    """What the legs are fractions of: the whole equity, or free cash when pro_mode is false."""
    return account.equity if settings.pro_mode else min(account.free_cash, account.equity)


@hookimpl
def nija_stake(request: EntryRequest, account: Account, settings: Settings) -> float:
    """The wished stake before any cut, in stake currency."""
    blend = sum(leg.weight * leg.fraction for leg in legs(request, account, settings))
    return sizing_base(account, settings) * blend
