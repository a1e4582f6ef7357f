"""Leverage in the real bot, in dry-run on the simulated Kraken Futures: what it owns, where its
stops stand, and what it refuses."""

from typing import Any

import pytest
from freqtrade.enums import SignalDirection
from freqtrade.exceptions import OperationalException
from freqtrade.persistence import Trade
from freqtrade.rpc import RPC
from freqtrade.rpc.rpc import RPCException

from tests.integration.live import Bot, Home, broken, open_pairs, open_trade, script
from tests.integration.painted_market import after

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC, ETH = "BTC/USD:USD", "ETH/USD:USD"
WALLET = 1_500
FEE = 0.0005
TICK = 1.0


def start(home: Home, *, stop: float = 0.04, **changes: Any) -> Bot:
    """A bot with $1,500 that enters BTC at 8h with this stop."""
    home.plugin("script", script({BTC: [8]}, stop=stop, target=0.9, trail=0.25))
    futures = {"trading_mode": "futures", "margin_mode": "isolated", "dry_run_wallet": WALLET}
    return home.start((BTC, ETH), exchange="krakenfutures", **(futures | changes))


def test_equity_is_margin_profit_and_funding(home: Home) -> None:
    home.market.paint("BTC", 8, [1.02, 1.04])
    bot = start(home).at(8).at(10)
    trade = open_trade(BTC)
    assert trade.leverage == 2
    position = trade.amount * trade.open_rate
    assert position == pytest.approx(2 * trade.stake_amount)
    assert trade.funding_fees < 0, "longs pay"
    last = 1.04 * home.market.price("BTC")
    gained = trade.amount * (last - trade.open_rate) + trade.funding_fees
    fees = FEE * (position + trade.amount * last)
    account = bot.account()
    assert account.equity == pytest.approx(WALLET + gained - fees)
    assert account.free_cash == pytest.approx(WALLET - trade.stake_amount - FEE * position)
    assert account.cash == account.free_cash
    stopped = trade.amount * (trade.stop_loss - trade.open_rate) + trade.funding_fees
    fees = FEE * (position + trade.amount * trade.stop_loss)
    assert account.worst_case == pytest.approx(WALLET + stopped - fees)
    assert not bot.run.live.flow, "no deposit, no withdrawal"


def test_the_planned_stop_stands_although_leverage_pulls_up_the_disaster_stop(home: Home) -> None:
    """30% become 15% at a leverage of 2; the stake was sized for 20%."""
    bot = start(home, stop=0.20).at(8)
    trade = open_trade(BTC)
    assert trade.leverage == 2
    assert trade.initial_stop_loss == pytest.approx(trade.open_rate * 0.85, abs=TICK)
    assert trade.stop_loss == pytest.approx(trade.open_rate * 0.80, abs=TICK)
    halfway = (trade.open_rate + trade.liquidation_price) / 2
    assert halfway <= trade.stop_loss
    lost = trade.amount * (trade.open_rate * (1 + FEE) - trade.stop_loss * (1 - FEE))
    assert lost <= 0.05 * WALLET
    assert not [line for line in bot.log if line.startswith("ERROR")]


def test_a_floor_raises_the_stop_of_a_leveraged_position_to_its_price(home: Home) -> None:
    """The next day opens higher: 0.5% below that is above what the stop would leave."""
    home.market.paint("BTC", 8, [1.05] * 20)
    bot = start(home, nija={"daily_max_loss": 0.5}).at(8)
    assert open_trade(BTC).leverage == 2
    bot.at(23).at(24.5)
    account = bot.account()
    assert account.worst_case == pytest.approx(0.995 * account.benchmarks.day_open, rel=1e-4)


def test_a_forced_entry_brings_no_leverage_of_its_own_and_no_short(home: Home) -> None:
    """A rule that objected to the bot's own attempt has let go."""
    later = broken("nija_veto", "request", "return 'Later.'", "request.time.minute == 0")
    home.plugin("later", later)
    bot = start(home, force_entry_enable=True).at(8)
    bot.clock.move_to(after(8, 60))
    rpc = RPC(bot.worker.freqtrade)
    for side, leverage in ((SignalDirection.LONG, 5.0), (SignalDirection.SHORT, 1.0)):
        with pytest.raises(RPCException, match="Failed to enter"):
            rpc._rpc_force_entry(BTC, None, order_side=side, leverage=leverage)
    assert not open_pairs()
    assert bot.said("A leverage of 5 is more than the 2 ")
    assert bot.said(f"ERROR No entry into {BTC}: NIJA trades long only.")
    rpc._rpc_force_entry(BTC, None, leverage=1.5)
    assert open_trade(BTC).leverage == 1.5


@pytest.mark.parametrize("wallet", [999, 1_000])
def test_it_starts_at_1000(home: Home, wallet: int) -> None:
    start(home, dry_run_wallet=wallet).at(8)
    assert open_trade(BTC).leverage == (1 if wallet < 1_000 else 2)


@pytest.mark.parametrize("ceiling", [1, 1.5])
def test_max_leverage(home: Home, ceiling: float) -> None:
    start(home, nija={"max_leverage": ceiling}).at(8)
    assert open_trade(BTC).leverage == ceiling


@pytest.mark.parametrize("enabled", [False, True])
def test_leverage_enabled_decides_where_there_are_no_tiers(home: Home, enabled: bool) -> None:
    start(home, nija={"micro_capital_mode": False, "leverage_enabled": enabled}).at(8)
    assert open_trade(BTC).leverage == (2 if enabled else 1)


def test_futures_are_not_traded_live(home: Home) -> None:
    bot = start(home)
    bot.strategy.config["dry_run"] = False
    bot.strategy._mode = "live"
    with pytest.raises(OperationalException, match="does not trade futures live yet"):
        bot.strategy.bot_start()
    assert not Trade.get_trades_proxy()
