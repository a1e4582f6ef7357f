"""An entry that rests: what it does to the rest of the account, and when it is taken back."""

from typing import Any

import pytest
from freqtrade.persistence import Trade

from nija_plugins.live.cancelling import AGAIN
from nija_plugins.locks import DAY, DRAWDOWN, FOR_GOOD, lock_all
from nija_plugins.venue.faults import Fault
from nija_plugins.venue.orders import Side, Status
from tests.integration.live import Bot, Home, open_trade, script
from tests.integration.painted_market import after

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC, ETH, SOL = "BTC/USD", "ETH/USD", "SOL/USD"
AT_THE_BID: dict[str, Any] = {
    "price_side": "same",
    "use_order_book": False,
    "price_last_balance": 0.0,
}


def resting(home: Home, exchange: str) -> Bot:
    """A bot with a position in BTC and, since START + 12, an entry into ETH that rests; it has lost
    a third of the day's budget by a gap in SOL."""
    home.plugin("scripted", script({SOL: [4], BTC: [8], ETH: [12]}, stop=0.04))
    home.market.paint("SOL", 5, [0.70])
    home.market.paint("ETH", 12, [1.02, 0.98])
    bot = home.start((BTC, ETH, SOL), exchange=exchange, live=True)
    bot.at(4).at(4, 15).at(6).at(6, 60).at(8).at(8, 15).at(8, 30)
    bot.config["entry_pricing"] = AT_THE_BID
    bot.at(12, 1).at(12, 10)
    assert open_trade(ETH).has_open_orders
    return bot


def test_its_loss_is_that_of_its_planned_stop(home: Home, exchange: str) -> None:
    """Not that of the disaster stop, 30% below, which stands until it fills: the floor would come
    near, and the stops of what is held would be raised for good."""
    bot = resting(home, exchange)
    bot.at(12, 60).at(12, 120)
    trade, account = open_trade(BTC), bot.account()
    assert trade.stop_loss == pytest.approx(0.96 * trade.open_rate, rel=1e-4)
    assert not bot.said("stop_tightened")
    (entry,) = [one for one in account.positions if one.pending]
    assert entry.stop == pytest.approx(0.96 * entry.entry_price)
    assert entry.loss_of_pending < 0.08 * entry.exposure


@pytest.mark.parametrize("reason", [DAY, DRAWDOWN])
def test_at_a_loss_limit_it_is_taken_back(home: Home, exchange: str, reason: str) -> None:
    """What it buys would be sold at once, and pay for both."""
    bot = resting(home, exchange)
    lock_all(reason, after(12) + FOR_GOOD, after(12, 15))
    bot.at(12, 20).at(12, 30)
    entry = [one for one in home.books(exchange).orders if one.ticket.side is Side.BUY][-1]
    assert entry.status is Status.CANCELED and not entry.fills
    assert ETH not in {trade.pair for trade in Trade.get_trades_proxy()}


def test_one_that_cannot_be_cancelled_keeps_no_stop_from_selling(home: Home, exchange: str) -> None:
    """freqtrade's loop ends where the exchange refuses, and begins again with the same order."""
    home.market.paint("BTC", 13, [0.40])
    bot = resting(home, exchange)
    home.venue.faults.add("cancel_order", Fault.SERVER_ERROR, times=100_000)
    for seconds in range(0, 1200, 40):
        if BTC in {trade.pair for trade in Trade.get_trades_proxy(is_open=True)}:
            bot.at(13, seconds)
    (sold,) = [one for one in Trade.get_trades_proxy(is_open=False) if one.pair == BTC]
    late = 0.01 * AGAIN.total_seconds() / 60  # it falls by 1% a minute
    assert sold.close_rate > (0.98 - late) * sold.stop_loss
    assert open_trade(ETH).has_open_orders
    assert bot.said("is still there, though it was to be cancelled")
    home.venue.faults.clear()
    bot.at(13, 1200).at(13, 1280).at(13, 1300)
    assert ETH not in {trade.pair for trade in Trade.get_trades_proxy()}
