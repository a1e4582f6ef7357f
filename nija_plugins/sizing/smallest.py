"""The smallest account that could trade a pair, to be named when a smaller one is refused."""

from math import ceil

from nija_plugins.entry import EntryRequest
from nija_plugins.risk.minimum_balance import minimum_balance
from nija_plugins.scaling.limits import effective_limits
from nija_plugins.scaling.tiers import SCALING_TIERS
from nija_plugins.settings import Settings
from nija_plugins.sizing.cuts import lot_share
from nija_plugins.sizing.lot import smallest_stake


def smallest_equity(request: EntryRequest, settings: Settings) -> float:
    """Equity in stake currency, rounded up to the cent, at which a fresh account without open
    positions may buy the smallest lot of this pair with this stop.

    Each rule allows the lot from some equity on; the tier decides the risk, so each tier is tried.
    """
    lot = smallest_stake(request, settings.min_trade_size)
    at_risk = lot * request.loss_at_stop
    needed = max(
        minimum_balance(request.exchange, settings),
        lot * request.leverage / lot_share(settings),
        lot * request.cost / (1 - settings.force_cash_buffer / 100),
        at_risk / (min(settings.daily_max_loss, settings.max_drawdown) / 100),
    )
    tiers = sorted(SCALING_TIERS, key=lambda tier: tier.min_equity)
    for tier, following in zip(tiers, [*tiers[1:], None], strict=True):
        risk = effective_limits(tier, settings).risk_per_trade / 100
        equity = max(needed, tier.min_equity, at_risk / risk)
        if following is None or equity < following.min_equity:
            return ceil(equity * 100) / 100
    raise AssertionError("the last tier has no following one")  # pragma: no cover
