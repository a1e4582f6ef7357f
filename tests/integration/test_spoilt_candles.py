"""Candles that the exchange sends without prices, late or not at all, while a position is open."""

import pytest
from freqtrade.persistence import Trade

from nija_plugins import locks
from nija_plugins.venue.faults import OF_CANDLES, Fault
from tests.integration.live import Bot, Home, open_trade, script
from tests.integration.painted_market import after

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC, ETH = "BTC/USD", "ETH/USD"


def with_a_position(home: Home, exchange: str, fault: Fault) -> Bot:
    """BTC is held; every candle that is fetched from 5:00 to 6:00 is spoilt, and ETH signals at
    8:00."""
    home.plugin("script", script({BTC: [4], ETH: [8]}, stop=0.04))
    home.market.paint("BTC", 4, [1.0, 1.01, 1.01, 1.0, 1.0])
    bot = home.start((BTC, ETH), exchange=exchange, live=True).at(4).at(4, 20)
    home.venue.faults.add("candles", fault, times=4, exchange=exchange)
    return bot.at(5).at(5, 600)


@pytest.mark.parametrize(
    ("exchange", "fault"),
    [*(("kraken", fault) for fault in OF_CANDLES), ("coinbase", Fault.ZERO_CANDLE)],
    ids=str,
)
def test_the_position_keeps_its_worth(home: Home, exchange: str, fault: Fault) -> None:
    bot = with_a_position(home, exchange, fault)
    assert bot.account().problem is None
    assert bot.account().equity == pytest.approx(100, abs=1)
    for hour in (6, 7):
        bot.at(hour)
        assert bot.account().equity == pytest.approx(100, abs=1)
    assert not locks.active(after(7))
    assert open_trade(BTC).stop_loss == pytest.approx(50_000 * 1.0 * 0.96, rel=0.03)
    assert bot.run.memory.benchmarks is not None
    assert bot.run.memory.benchmarks.peak < 101


@pytest.mark.parametrize("fault", [Fault.NAN_CANDLE, Fault.ZERO_CANDLE], ids=str)
def test_the_stop_still_sells_and_that_candle_signals_nothing(home: Home, fault: Fault) -> None:
    bot = with_a_position(home, "kraken", fault)
    home.market.paint("BTC", 5, [0.9])
    bot.at(5, 3000).at(5, 3300).at(6).at(8).at(8, 10)
    assert not Trade.get_trades_proxy(pair=BTC, is_open=True)
    assert bool(Trade.get_trades_proxy(pair=ETH, is_open=True)) == (fault is Fault.NAN_CANDLE)
