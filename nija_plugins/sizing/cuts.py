"""What a stake may not exceed, each rule with the largest stake it allows.

The cuts hold for every sizer, ours or a plugin's. A stake S loses `request.loss_at_stop` × S at its
stop, so a budget of dollars at risk allows budget / loss; it takes `request.cost` × S of the cash.
"""

from dataclasses import dataclass

from nija_plugins.account import Account
from nija_plugins.entry import EntryRequest
from nija_plugins.risk.floors import day_floor, drawdown_floor
from nija_plugins.settings import Settings


@dataclass(frozen=True, slots=True)
class Cut:
    """A rule and the largest stake it allows now, in stake currency (never negative)."""

    name: str
    largest: float
    why: str


def risk_cut(request: EntryRequest, account: Account) -> Cut:
    """What loses at most risk_per_trade of equity at its stop, fees included."""
    risk = account.limits.risk_per_trade
    return _cut(
        "risk per trade",
        risk / 100 * account.equity / request.loss_at_stop,
        f"at most {risk:g}% of equity may be lost at the stop",
    )


def daily_loss_cut(request: EntryRequest, account: Account, settings: Settings) -> Cut:
    """What keeps W above its floor under the day's opening equity."""
    room = account.worst_case - day_floor(account.benchmarks, settings)
    return _cut(
        "daily loss",
        room / request.loss_at_stop,
        f"if every stop were hit, {settings.daily_max_loss:g}% of the day's opening "
        "is all that may be lost",
    )


def drawdown_cut(request: EntryRequest, account: Account, settings: Settings) -> Cut:
    """What keeps W above its floor under the peak."""
    room = account.worst_case - drawdown_floor(account.benchmarks, settings)
    return _cut(
        "drawdown",
        room / request.loss_at_stop,
        f"if every stop were hit, {settings.max_drawdown:g}% of the peak is all that may be lost",
    )


def cash_buffer_cut(request: EntryRequest, account: Account, settings: Settings) -> Cut:
    """What leaves force_cash_buffer of equity in cash after the entry and its fee."""
    buffer = settings.force_cash_buffer / 100 * account.equity
    return _cut(
        "cash buffer",
        (account.all_free_cash - buffer) / request.cost,
        f"{settings.force_cash_buffer:g}% of equity stays in cash",
    )


def free_cash_cut(request: EntryRequest, account: Account) -> Cut:
    """What can be paid, fee included."""
    return _cut(
        "free cash",
        account.free_cash / request.cost,
        "no more than is there, fee included",
    )


def asset_cut(request: EntryRequest, account: Account, settings: Settings) -> Cut:
    """What keeps an asset within max_asset_pct of equity, over all brokers."""
    return _cut(
        "asset share",
        (settings.max_asset_pct / 100 * account.equity - account.in_asset(request.asset))
        / request.leverage,
        f"at most {settings.max_asset_pct:g}% of equity may be in {request.asset}, "
        "over all brokers",
    )


def shared_cuts(request: EntryRequest, account: Account, settings: Settings) -> tuple[Cut, ...]:
    """The cuts that hold for every stake, the smallest lot included."""
    return (
        risk_cut(request, account),
        daily_loss_cut(request, account, settings),
        drawdown_cut(request, account, settings),
        cash_buffer_cut(request, account, settings),
        free_cash_cut(request, account),
        asset_cut(request, account, settings),
        _cut("exchange maximum", request.maximum_stake, "the engine or exchange allows no more"),
    )


def position_cut(request: EntryRequest, account: Account, settings: Settings) -> Cut:
    """max_position_pct of equity, for every stake but the smallest lot. What leverage adds to the
    position must leave it within max_asset_pct."""
    most = settings.max_position_pct
    largest = max(most, min(most * request.leverage, settings.max_asset_pct))
    return _cut(
        "position size",
        largest / 100 * account.equity / request.leverage,
        f"a position is at most {largest:g}% of equity",
    )


def lot_share(settings: Settings) -> float:
    """The largest share of equity (fraction) the smallest lot may take: it is exempt from
    max_position_pct, but not from the asset's own limit."""
    return min(settings.min_lot_max_pct, settings.max_asset_pct) / 100


def lot_cut(request: EntryRequest, account: Account, settings: Settings) -> Cut:
    """`lot_share` of equity, for the smallest lot in place of `position_cut`."""
    share = lot_share(settings)
    return _cut(
        "smallest lot's share",
        share * account.equity / request.leverage,
        f"the smallest lot is at most {share:.0%} of equity",
    )


def tightest(cuts: tuple[Cut, ...]) -> Cut:
    """The cut that allows least; the first of equals."""
    return min(cuts, key=lambda cut: cut.largest)


def _cut(name: str, largest: float, why: str) -> Cut:
    # What is no number allows nothing: max() would keep it.
    return Cut(name, largest if largest > 0 else 0.0, why)
