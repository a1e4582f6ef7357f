"""For any account and any market: the stake is 0, or it obeys every rule of docs/money.md."""

from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nija_plugins.account import Benchmarks, Position
from nija_plugins.entry import EntryRequest, Market
from nija_plugins.scaling.limits import effective_limits
from nija_plugins.scaling.tiers import SCALING_TIERS
from nija_plugins.settings import Settings
from nija_plugins.sizing.decision import decide
from nija_plugins.sizing.hybrid import nija_stake
from nija_plugins.sizing.lot import live_minimum_stake
from nija_plugins.sizing.smallest import smallest_equity
from tests.conftest import NOW, a_request, an_account

positive = st.floats(0.01, 1e5)


@st.composite
def accounts(draw):
    cash = draw(st.floats(0, 10_000))
    positions = tuple(
        Position(
            pair=f"P{i}/USD",
            amount=draw(st.floats(0, 10)),
            entry_price=(price := draw(st.floats(0.1, 500))),
            mark=price * draw(st.floats(0.5, 2)),
            stop=price * draw(st.floats(0.5, 1.2)),
            fee=draw(st.floats(0, 0.012)),
            pending=draw(st.floats(0, 1)),
        )
        for i in range(draw(st.integers(0, 4)))
    )
    account = an_account(
        cash,
        free_cash=cash * draw(st.floats(0, 1)),
        positions=positions,
        tier=(tier := draw(st.sampled_from(SCALING_TIERS))),
        limits=effective_limits(tier, Settings()),
        wins=draw(st.integers(0, 50)),
        losses=draw(st.integers(0, 50)),
    )
    equity = account.equity
    benchmarks = Benchmarks(
        NOW.date(),
        day_open=equity * draw(st.floats(0.9, 1.1)),
        peak=equity * draw(st.floats(1.0, 1.2)),
    )
    return replace(account, benchmarks=benchmarks)


@st.composite
def requests(draw):
    price = draw(st.floats(0.01, 200_000))
    market = Market(
        amount_step=draw(st.sampled_from([1e-8, 1e-5, 1e-3, 0.1, 1.0])),
        amount_min=draw(st.floats(0, 1)),
        cost_min=draw(st.floats(0, 10)),
        fee=draw(st.floats(0, 0.02)),
    )
    leverage = draw(st.one_of(st.just(1.0), st.floats(1, 5)))
    return a_request(
        price=price,
        leverage=leverage,
        stop=draw(st.floats(0.005, 0.28)),
        target=draw(st.floats(0, 1)),
        daily_volatility=draw(st.one_of(st.floats(0, 0.3), st.just(float("nan")))),
        market=market,
        minimum_stake=live_minimum_stake(market, price, 0.30, 0.05) / leverage,
        maximum_stake=draw(st.floats(0, 1e6)),
        tradable_pairs=draw(st.integers(1, 6)),
        win_probability=draw(st.one_of(st.none(), st.floats(0, 1))),
    )


some_settings = st.builds(
    lambda position, risk, day, drawdown, buffer, lot, pro, sizer: Settings(
        max_position_pct=position,
        risk_per_trade=risk,
        daily_max_loss=day,
        max_drawdown=drawdown,
        force_cash_buffer=buffer,
        min_lot_max_pct=lot,
        pro_mode=pro,
        position_sizer=sizer,
    ),
    position=st.floats(1, 100),
    risk=st.floats(0.1, 5),
    day=st.floats(0.5, 50),
    drawdown=st.floats(0.5, 50),
    buffer=st.just(0.0) | st.floats(1, 90),
    lot=st.floats(1, 100),
    pro=st.booleans(),
    sizer=st.sampled_from(["HYBRID", "KELLY", "VOLATILITY", "EQUITY"]),
)


def broken_rules(
    stake: float, lifted: bool, request: EntryRequest, account, s: Settings, wish: float
) -> list[str]:
    """The rules of the page that `stake` breaks, checked without the package's cuts: the margin is
    paid from the cash, the position has the fees and the loss."""
    slack = 1e-9 * (1 + abs(stake) + account.equity)
    f, equity = request.market.fee, account.equity
    position = stake * request.leverage
    loss = position * (request.stop + f * (2 - request.stop))
    free_after = account.free_cash - stake - position * f
    share = min(s.min_lot_max_pct, s.max_asset_pct) if lifted else s.max_position_pct
    if not lifted and request.leverage > 1:
        share = max(share, min(share * request.leverage, s.max_asset_pct))
    floors = (
        (1 - s.daily_max_loss / 100) * account.benchmarks.day_open,
        (1 - s.max_drawdown / 100) * account.benchmarks.peak,
    )
    checks = {
        "risk per trade": loss <= account.limits.risk_per_trade / 100 * equity + slack,
        "floors": account.worst_case - loss >= max(floors) - slack,
        "cash buffer": free_after >= s.force_cash_buffer / 100 * equity - slack,
        "free cash": free_after >= -slack,
        "share": position <= share / 100 * equity + slack,
        "engine": stake <= request.maximum_stake + slack,
        "minimum": stake >= request.minimum_stake - slack,
        "trade size": position >= s.min_trade_size - slack,
        "never raised": lifted or stake <= wish + slack,
    }
    return [rule for rule, holds in checks.items() if not holds]


@settings(max_examples=400)
@given(requests(), accounts(), some_settings, st.one_of(st.none(), positive))
def test_every_stake_obeys_every_rule(request, account, s, plugin_wish) -> None:
    """Whatever is wished, by our sizer or by a plugin."""
    assume(account.equity > 0)
    account = replace(account, limits=effective_limits(account.tier, s))
    wish = plugin_wish
    if wish is None:
        wish = nija_stake(request, account, s)
    decision = decide(wish, request, account, s)
    if decision.stake == 0:
        assert decision.refusal
    else:
        assert decision.refusal is None
        assert not broken_rules(decision.stake, decision.lifted, request, account, s, wish)


@settings(max_examples=300)
@given(requests(), some_settings)
def test_the_smallest_equity_named_is_the_smallest(request, s) -> None:
    """An account of the named equity trades; one a cent and a thousandth smaller does not."""
    request = replace(request, maximum_stake=1e12)
    assume(request.leverage == 1)  # a fresh account of a few dollars has no other
    needed = smallest_equity(request, s)
    assert decide(1e-6, request, an_account(needed, s), s).stake > 0
    below = needed * 0.999 - 0.02
    assume(below > max(s.min_balance_to_trade, s.min_balance_kraken))
    tier_of_needed = an_account(needed, s).tier
    if an_account(below, s).tier == tier_of_needed:
        assert decide(1e-6, request, an_account(below, s), s).stake == 0


@settings(max_examples=200)
@given(requests(), accounts())
def test_legs_stay_within_the_position_limit(request, account) -> None:
    assume(account.equity > 0)
    wish = nija_stake(request, account, Settings())
    assert 0 <= wish <= 0.18 * account.equity * (1 + 1e-9)
