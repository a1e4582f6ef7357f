"""For any account, stop, fee and margin: what leverage is allowed, and what it may cost."""

from dataclasses import replace
from math import nan

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nija_plugins.account import Account, Position, equity, worst_case
from nija_plugins.entry import EntryRequest, Market
from nija_plugins.scaling.limits import effective_limits
from nija_plugins.scaling.tiers import SCALING_TIERS
from nija_plugins.settings import Settings
from nija_plugins.sizing.decision import decide
from nija_plugins.sizing.hybrid import nija_stake
from nija_plugins.sizing.leverage import largest_leverage, leverage_for_stop, liquidation_distance
from tests.conftest import NOW, a_request, an_account

FUTURES = Market(0.0001, 0.0001, 0.0, 0.0005, maintenance=0.0105)

futures = st.builds(
    Market,
    amount_step=st.sampled_from([1e-4, 1e-3, 1e-2]),
    amount_min=st.just(1e-4),
    cost_min=st.just(0.0),
    fee=st.floats(0, 0.01),
    maintenance=st.floats(0, 0.2),
    liquidation_buffer=st.floats(0, 0.3),
)
stops = st.floats(0.002, 0.28)
elite = st.floats(1_000, 10_000)
ceilings = st.floats(1, 5)


def liquidated_at(price: float, leverage: float, market: Market) -> float:
    """freqtrade's liquidation price of an isolated long, typed a second time: margin and position
    against what the exchange keeps, and the buffer of `Exchange.get_liquidation_price`."""
    amount = 1.0
    margin = amount * price / leverage
    reached = max((price - margin / amount) / (1 - market.maintenance), 0.0)
    return reached + abs(price - reached) * market.liquidation_buffer


@given(futures, stops, elite, ceilings, st.floats(1, 1e5))
def test_the_stop_is_at_most_half_way_to_liquidation(market, stop, money, ceiling, price) -> None:
    request = a_request(market=market, stop=stop, price=price)
    leverage = largest_leverage(request, an_account(money), Settings(max_leverage=ceiling))
    assert 1 <= leverage <= ceiling
    if leverage > 1:
        way = price - liquidated_at(price, leverage, market)
        assert stop * price <= way / 2 * (1 + 1e-9)
        assert way / price == pytest.approx(liquidation_distance(leverage, market))


@given(futures, stops)
def test_more_than_that_would_put_it_beyond(market, stop) -> None:
    """The limit is no smaller than it has to be."""
    most = leverage_for_stop(stop, market)
    assume(most > 1)
    assert liquidation_distance(most, market) == pytest.approx(2 * stop)
    assert liquidation_distance(most * 1.01, market) < 2 * stop


@given(futures, stops, elite, ceilings, st.floats(0.005, 0.2), st.floats(0, 1))
def test_what_is_lost_at_the_stop_stays_within_the_risk_and_above_the_floors(
    market, stop, money, ceiling, volatility, sunk
) -> None:
    """After the entry, from the account it makes: its W, not the package's cuts."""
    settings = Settings(max_leverage=ceiling)
    account = an_account(money, settings)
    account = replace(account, cash=money * (1 - 0.05 * sunk), free_cash=money * (1 - 0.05 * sunk))
    asked = a_request(market=market, stop=stop, daily_volatility=volatility, minimum_stake=0.0)
    leverage = largest_leverage(asked, account, settings)
    request = replace(asked, leverage=leverage)
    decision = decide(nija_stake(request, account, settings), request, account, settings)
    assume(decision.stake > 0)
    after = entered(account, request, decision.stake)
    slack = 1e-6 * money
    lost = account.equity - worst_case(after.cash, after.positions)
    assert lost <= account.limits.risk_per_trade / 100 * account.equity + slack
    assert after.worst_case >= 0.94 * account.benchmarks.day_open - slack
    assert after.worst_case >= 0.88 * account.benchmarks.peak - slack
    assert after.cash >= 0.15 * account.equity - slack
    assert decision.stake * leverage <= 0.36 * account.equity + slack


def entered(account: Account, request: EntryRequest, stake: float) -> Account:
    """The account once the entry has filled: the margin and the fee are paid, the rest is owed."""
    worth = stake * request.leverage
    position = Position(
        pair=request.pair,
        amount=worth / request.price,
        entry_price=request.price,
        mark=request.price,
        stop=request.price * (1 - request.stop),
        fee=request.market.fee,
        owed=worth - stake,
    )
    cash = account.cash - stake - worth * request.market.fee
    return replace(account, cash=cash, free_cash=cash, positions=(position,))


def test_the_buffer_is_left_after_the_margin_and_the_fee_on_the_position() -> None:
    """$200 of $1,000 are free and $150 stay: $50 pay a stake and 1% of twice the stake."""
    safe = Position("ETH/USD:USD", 8.0, 100.0, 100.0, 100.0, 0.0)
    account = an_account(200.0, positions=(safe,), tier=SCALING_TIERS[-1])
    account = replace(account, limits=effective_limits(account.tier, Settings()))
    market = Market(1e-8, 1e-8, 0.0, 0.01, maintenance=0.0105)
    account = replace(account, benchmarks=replace(account.benchmarks, day_open=1e3, peak=1e3))
    request = a_request(market=market, stop=0.01, leverage=2.0, minimum_stake=0.0)
    decision = decide(1e4, request, account, Settings())
    assert decision.decided_by == "cash buffer"
    assert decision.stake == pytest.approx(50 / 1.02, abs=0.001)


@given(futures, stops, elite, st.floats(0.005, 0.2))
def test_leverage_makes_no_position_smaller(market, stop, money, volatility) -> None:
    account = an_account(money)
    plain = a_request(market=market, stop=stop, daily_volatility=volatility, minimum_stake=0.0)
    levered = replace(plain, leverage=largest_leverage(plain, account, Settings()))
    positions = [
        decide(nija_stake(one, account, Settings()), one, account, Settings()).amount
        for one in (plain, levered)
    ]
    assert positions[1] >= positions[0] - market.amount_step * 1.01


@pytest.mark.parametrize("tier", SCALING_TIERS, ids=lambda tier: tier.name)
def test_only_a_tier_that_has_it(tier) -> None:
    account = an_account(tier.min_equity)
    allowed = largest_leverage(a_request(market=FUTURES), account, Settings())
    assert allowed == (2.0 if tier.name == "ELITE" else 1.0)


def test_without_tiers_the_setting_decides() -> None:
    for enabled in (False, True):
        settings = Settings(micro_capital_mode=False, leverage_enabled=enabled)
        account = an_account(100, settings, tier=None)
        allowed = largest_leverage(a_request(market=FUTURES), account, settings)
        assert allowed == (2.0 if enabled else 1.0)


def test_the_setting_loosens_no_tier() -> None:
    settings = Settings(leverage_enabled=True)
    assert not effective_limits(an_account(999).tier, settings).leverage_enabled
    request = a_request(market=FUTURES)
    assert largest_leverage(request, an_account(999, settings), settings) == 1


def test_an_explicit_no_in_the_environment_is_no() -> None:
    settings = Settings.load({}, {"LEVERAGE_ENABLED": "false"})
    assert largest_leverage(a_request(market=FUTURES), an_account(5_000), settings) == 1
    assert Settings.load({}, {"LEVERAGE_ENABLED": "true"}).max_leverage == 2


def test_a_wide_or_unknown_stop_leaves_less_or_none() -> None:
    def allowed(stop: float) -> float:
        request = a_request(market=FUTURES, stop=stop)
        return largest_leverage(request, an_account(5_000), Settings(max_leverage=5))

    assert [allowed(stop) for stop in (0.02, 0.05, 0.10, 0.20, 0.28, nan)] == [
        *(5.0, 5.0, 4.5, 2.3, 1.6, 1.0)
    ]


def test_funding_and_debt_are_part_of_the_equity() -> None:
    """$100 of margin at a leverage of 2, 10% up: $20 won, $1 of funding and the exit fee paid."""
    position = Position("BTC/USD:USD", 2.0, 100.0, 110.0, 95.0, 0.001, owed=100.0 + 1.0)
    assert equity(900.0, (position,)) == pytest.approx(900 + 100 + 20 - 1 - 0.22)
    assert worst_case(900.0, (position,)) == pytest.approx(900 + 100 - 10 - 1 - 0.19)
    assert an_account(900.0, time=NOW, positions=(position,)).equity == pytest.approx(1018.78)
