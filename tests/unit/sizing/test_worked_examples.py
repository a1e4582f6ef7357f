"""Every threshold equity × every asset × both exchanges, worked out a second way.

The expectation below is written from docs/money.md with plain arithmetic and Decimal, sharing no
code with the package: a 4% stop, a 15% target, 2.5% daily volatility, a fresh account.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import pytest

from nija_plugins.entry import Market
from nija_plugins.settings import Settings
from nija_plugins.sizing.decision import decide
from nija_plugins.sizing.hybrid import nija_stake
from nija_plugins.sizing.lot import live_minimum_stake
from tests.conftest import a_request, an_account

EQUITIES = (14.24, 14.25, 14.99, 15, 27.78, 100, 249.99, 250, 999.99, 1000, 5000)
STARTER_KEPT = 14.25
PRICES = {"BTC": 100_000.0, "ETH": 3_500.0, "SOL": 180.0}
MARKETS = {
    ("coinbase", "BTC"): Market(1e-8, 1e-8, 1.0, 0.012),
    ("coinbase", "ETH"): Market(1e-8, 1e-8, 1.0, 0.012),
    ("coinbase", "SOL"): Market(1e-8, 1e-8, 1.0, 0.012),
    ("kraken", "BTC"): Market(1e-8, 0.00005, 0.5, 0.004),
    ("kraken", "ETH"): Market(1e-8, 0.001, 0.5, 0.004),
    ("kraken", "SOL"): Market(1e-8, 0.02, 0.5, 0.004),
}
STOP, TARGET, VOLATILITY = 0.04, 0.15, 0.025


def by_hand(equity: float, market: Market, price: float) -> tuple[float, bool]:
    """(stake, lifted) of a fresh account, from the page."""
    positions, risk = (
        (2, 0.03) if equity < 250 else (3, 0.04) if equity < 500
        else (4, 0.04) if equity < 1000 else (6, 0.05)
    )  # fmt: skip
    f = market.fee
    loss = (1 + f) - (1 - STOP) * (1 - f)
    b = ((1 + TARGET) * (1 - f) - (1 + f)) / loss
    p = 1 / (1 + b) + 0.02
    kelly = max(0.0, min(0.18, 0.5 * (p - (1 - p) / b)))
    volatility = min(0.18, risk / 5 / VOLATILITY)
    share = min(0.18, 0.85 / min(positions, 3))
    wish = equity * (0.3 * kelly + 0.4 * volatility + 0.3 * share)
    w_room = min(equity - 0.94 * equity, equity - 0.88 * equity) / loss
    common = min(risk * equity / loss, w_room, 0.85 * equity / (1 + f), equity / (1 + f))
    step = Decimal(repr(market.amount_step))
    minimum = max(5.0, market.cost_min * 1.5, market.amount_min * price * 1.05)
    lot = (Decimal(minimum / price) / step).to_integral_value(ROUND_CEILING) * step + step
    cut = min(wish, 0.18 * equity, common)
    amount = (Decimal(cut / price) / step).to_integral_value(ROUND_FLOOR) * step
    if amount >= lot:
        return float(amount) * price, False
    lot_stake = float(lot) * price
    return (lot_stake, True) if lot_stake <= min(0.36 * equity, common) else (0.0, False)


@pytest.mark.parametrize("equity", EQUITIES)
@pytest.mark.parametrize("asset", PRICES)
@pytest.mark.parametrize("exchange", ["coinbase", "kraken"])
def test_stake_is_what_the_page_says(equity: float, asset: str, exchange: str) -> None:
    market, price = MARKETS[exchange, asset], PRICES[asset]
    tier = None if equity < STARTER_KEPT else an_account(max(equity, 15)).tier
    account = an_account(equity, tier=tier)
    request = a_request(
        pair=f"{asset}/USD",
        exchange=exchange,
        price=price,
        market=market,
        minimum_stake=live_minimum_stake(market, price, 0.30, 0.05),
    )
    if tier is None:
        assert account.limits.max_positions == 0
        return
    wish = nija_stake(request, account, Settings())
    decision = decide(wish, request, account, Settings())
    stake, lifted = by_hand(equity, market, price)
    assert decision.amount * price == pytest.approx(stake, abs=0.005)
    assert decision.stake == pytest.approx(stake, abs=0.005)
    assert decision.lifted is lifted
    assert (decision.refusal is None) is (stake > 0)


def test_fifteen_dollars_trade_bitcoin_on_coinbase() -> None:
    """18% of $15 is $2.70; the $5 lot is lifted: it loses $0.32 at a 4% stop, below 3% = $0.45."""
    request = a_request(market=MARKETS["coinbase", "BTC"], price=100_000.0, minimum_stake=1.5)
    account = an_account(15)
    decision = decide(1.8, request, account, Settings())
    assert decision.lifted
    assert decision.stake == pytest.approx(5.0, abs=0.002)
    assert decision.stake * request.loss_at_stop == pytest.approx(0.3176, abs=0.001)


def test_a_wide_stop_refuses_the_lot_and_names_the_smallest_equity() -> None:
    """An 8% stop on Coinbase loses 10.3% of the stake: $0.5152 of $5 needs $17.18 at 3%."""
    request = a_request(
        exchange="coinbase",
        market=MARKETS["coinbase", "BTC"],
        price=100_000.0,
        stop=0.08,
        minimum_stake=1.5,
    )
    decision = decide(1.8, request, an_account(15), Settings())
    assert decision.stake == 0
    assert decision.decided_by == "risk per trade"
    assert "from $17.18" in str(decision.refusal)
    assert decide(1.8, request, an_account(17.18), Settings()).stake > 0
    assert decide(1.8, request, an_account(17.16), Settings()).stake == 0


@pytest.mark.parametrize("threshold", [250, 500, 1000])
@pytest.mark.parametrize("stop", [0.02, 0.05, 0.10, 0.20])
@pytest.mark.parametrize("volatility", [0.01, 0.03, 0.06, 0.12])
def test_no_upgrade_makes_the_same_trade_smaller(
    threshold: float, stop: float, volatility: float
) -> None:
    request = a_request(stop=stop, daily_volatility=volatility)
    stakes = []
    for equity in (threshold - 0.01, threshold):
        account = an_account(equity)
        assert account.tier is not None
        wish = nija_stake(request, account, Settings())
        stakes.append(decide(wish, request, account, Settings()).stake)
    assert stakes[1] >= stakes[0]


def test_a_stop_that_nobody_knows_allows_nothing() -> None:
    assert decide(50.0, a_request(stop=float("nan")), an_account(1000), Settings()).stake == 0
