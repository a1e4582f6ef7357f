"""Half an answer told no id of an order: through the real bot, it gets the name it has."""

from datetime import timedelta

import pytest
from freqtrade.persistence import Trade

from nija_plugins.venue.faults import Fault
from nija_plugins.venue.orders import Side
from tests.integration.live import Bot, Home, closed_trade, open_trade, script
from tests.integration.painted_market import after
from tests.integration.test_live_mode import assert_reconciled

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC = "BTC/USD"
PLAN = {"stop": 0.04}


def entered(home: Home) -> Bot:
    """Half an answer came to the entry order of START + 4; freqtrade has a trade of nothing."""
    home.plugin("scripted", script({BTC: [4]}, **PLAN))
    home.venue.faults.add("add_order", Fault.HALF_JSON)
    bot = home.start((BTC,), exchange="kraken", live=True).at(4)
    assert [order.order_id for order in open_trade().orders] == ["None"]
    return bot


def bought(home: Home) -> str:
    """The id of the one purchase."""
    (order,) = (o for o in home.books("kraken").orders if o.ticket.side is Side.BUY)
    return order.id


def test_an_entry_is_found_again(home: Home) -> None:
    bot = entered(home).at(4, 15).at(4, 25)
    trade = open_trade()
    assert trade.orders[0].order_id == bought(home)
    assert trade.amount == float(home.books("kraken").total("BTC"))
    assert trade.stop_loss == pytest.approx(trade.open_rate * 0.96, rel=2e-3), "its plan"
    assert not home.alerts("that no trade explains")
    home.market.paint("BTC", 5, [0.93])
    bot.at(5).at(6).at(6, 30)
    assert not Trade.get_trades_proxy(is_open=True)
    assert home.books("kraken").total("BTC") == 0
    assert_reconciled(home, bot, "kraken", 100.0)


def test_a_start_finds_it(home: Home) -> None:
    """freqtrade would ask for the order "None", and end with an error at this and every start."""
    entered(home)
    home.kill()
    home.clock.move_to(after(4, 60))
    home.start((BTC,), exchange="kraken", live=True).at(4, 70)
    assert open_trade().orders[0].order_id == bought(home)
    assert open_trade().amount == float(home.books("kraken").total("BTC"))


def test_an_exit_is_found_again(home: Home, exchange: str) -> None:
    home.plugin("scripted", script({BTC: [4]}, **PLAN))
    bot = home.start((BTC,), exchange=exchange, live=True).at(4).at(4, 15)
    assert open_trade().amount > 0
    bot.strategy.time_stop = timedelta(hours=1)
    home.venue.faults.add("add_order", Fault.HALF_JSON)
    bot.at(5, 10).at(5, 15).at(5, 25)
    assert home.venue.faults.happened
    assert home.books(exchange).total("BTC") == 0
    assert not Trade.get_trades_proxy(is_open=True)
    assert not home.alerts("are not on the exchange any more")
    sale = next(o for o in home.books(exchange).orders if o.ticket.side is Side.SELL and o.fills)
    assert closed_trade().orders[-1].order_id == sale.id
    assert_reconciled(home, bot, exchange, 100.0)
