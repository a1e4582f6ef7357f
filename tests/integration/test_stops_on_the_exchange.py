"""Kraken keeps the stop of a live trade while no bot is there, and every trade has exactly one."""

from decimal import Decimal
from typing import Any

import pytest
from freqtrade.configuration.load_config import load_config_file
from freqtrade.persistence import Trade

from nija_plugins.venue.faults import Fault
from nija_plugins.venue.orders import Order, Side
from tests.conftest import ROOT
from tests.integration.live import Bot, Home, closed_trade, open_trade, script
from tests.integration.painted_market import after
from tests.integration.test_live_mode import assert_reconciled

BTC = "BTC/USD"

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

SOFTWARE_STOP = {
    **dict.fromkeys(("entry", "exit"), "limit"),
    "stoploss": "market",
    "stoploss_on_exchange": False,
}


def entered(home: Home, exchange: str = "kraken", *, live: bool = True, **changes: Any) -> Bot:
    """A bot with a position in BTC since START + 4, its stop 4% below."""
    home.plugin("scripted", script({BTC: [4]}, stop=0.04))
    bot = home.start(exchange=exchange, live=live, timeout=2_000, **changes).at(4).at(4, 15)
    assert open_trade().amount > 0
    return bot


def stops(home: Home) -> list[Order]:
    """What rests at Kraken."""
    return [one for one in home.books("kraken").open_orders if one.ticket.side is Side.SELL]


def test_it_fires_while_the_bot_is_dead(home: Home) -> None:
    home.market.paint("BTC", 5, [1.0, 0.93, 0.95])
    entered(home)
    (stop,) = stops(home)
    assert float(stop.ticket.stop) == pytest.approx(open_trade().stop_loss, rel=1e-4)
    home.kill()
    home.clock.move_to(after(7))
    bot = home.start(exchange="kraken", live=True).at(7, 10).at(7, 30)
    assert closed_trade().exit_reason == "stoploss_on_exchange"
    assert home.books("kraken").total("BTC") == 0
    assert not home.alerts("not on the exchange any more")
    assert_reconciled(home, bot, "kraken", 100.0)


@pytest.mark.parametrize("asleep", [False, True], ids=["down", "asleep"])
def test_what_it_lost_after_midnight_is_a_loss_of_the_day(home: Home, asleep: bool) -> None:
    """The day opened with the position, though it is gone when the bot comes back. A bot that slept
    still has its trade then, without coins."""
    home.market.paint("BTC", 25, [0.93, 0.95])
    bot = entered(home).at(20)
    evening = bot.account().equity
    if not asleep:
        home.kill()
        home.clock.move_to(after(27))
        bot = home.start(exchange="kraken", live=True)
    bot.at(27, 10).at(27, 30)
    assert closed_trade().exit_reason == "stoploss_on_exchange"
    assert bot.account().equity < evening - 0.5
    assert bot.account().benchmarks.day_open == pytest.approx(evening, abs=0.01)


def test_it_rises_with_the_trail(home: Home) -> None:
    home.market.paint("BTC", 5, [1.03, 1.10])
    bot = entered(home)
    (before,) = stops(home)
    bot.at(6).at(6, 90).at(7).at(7, 90)
    (now,) = stops(home)
    assert float(now.ticket.stop) == pytest.approx(open_trade().stop_loss, rel=1e-4)
    assert float(now.ticket.stop) > float(before.ticket.stop) * 1.05
    assert float(now.remaining) == pytest.approx(open_trade().amount)


@pytest.mark.parametrize(
    ("exchange", "changes"),
    [("coinbase", {}), ("kraken", {"order_types": SOFTWARE_STOP})],
    ids=["coinbase", "kraken-switched-off"],
)
def test_elsewhere_the_bot_watches_it(home: Home, exchange: str, changes: dict[str, Any]) -> None:
    bot = entered(home, exchange, **changes)
    bot.at(4, 60)
    assert not home.books(exchange).open_orders


def test_krakens_overlay_leaves_it_there_live_and_never_in_a_dry_run(home: Home) -> None:
    """freqtrade would fill a dry-run's at the stop's price, whatever the market's is."""
    overlay = {"order_types": load_config_file(str(ROOT / "config.kraken.json"))["order_types"]}
    home.market.paint("BTC", 5, [1.0, 0.80])
    bot = entered(home, live=False, **overlay).at(4, 60)
    assert bot.strategy.order_types["stoploss_on_exchange"] is False
    assert not open_trade().open_sl_orders
    bot.at(6).at(7)
    assert closed_trade().close_rate < 0.9 * closed_trade().open_rate
    home.kill()
    home.clock.move_to(after(8))
    home.plugin("scripted", script({BTC: [12]}, stop=0.04))
    home.start(exchange="kraken", live=True, **overlay).at(12).at(12, 15)
    assert len(stops(home)) == 1


def test_where_kraken_refuses_it_the_bot_watches_it(home: Home) -> None:
    """A little of the coins is gone: too much for a stop, and not enough to keep from selling."""
    home.market.paint("BTC", 5, [1.0, 0.80])
    home.plugin("scripted", script({BTC: [4]}, stop=0.04))
    bot = home.start(exchange="kraken", live=True).at(4)
    bought = home.books("kraken").total("BTC")
    taken = (bought / 100).quantize(Decimal("1e-8"))
    home.venue.withdraw(home.account("kraken").key, "BTC", taken)
    bot.at(4, 15).at(4, 30).at(6)
    assert not stops(home) and open_trade().amount == float(bought)
    for seconds in range(700, 1000, 20):
        bot.at(6, seconds)
    assert closed_trade().close_rate > 0.98 * closed_trade().stop_loss
    assert home.books("kraken").total("BTC") == 0


@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.ERROR_AFTER, Fault.HALF_JSON])
def test_a_stop_whose_answer_was_lost_is_found_again(home: Home, fault: Fault) -> None:
    """Otherwise it holds the coins: no other stop, and no exit, until it goes off."""
    home.venue.faults.add("add_order", fault, nth=2)
    home.market.paint("BTC", 5, [1.03, 1.10])
    bot = entered(home)
    assert len(stops(home)) == 1, "the exchange has it"
    known = [one.order_id for one in open_trade().open_sl_orders]
    assert known == (["None"] if fault is Fault.HALF_JSON else []), "freqtrade does not know"
    bot.at(4, 30).at(4, 45).at(5).at(6).at(6, 90).at(7).at(7, 90)
    (stop,) = stops(home)
    assert [one.order_id for one in open_trade().open_sl_orders] == [str(stop.id)]
    assert float(stop.ticket.stop) == pytest.approx(open_trade().stop_loss, rel=1e-4)
    leave(bot)
    assert home.books("kraken").total("BTC") == 0
    assert not home.books("kraken").open_orders
    assert_reconciled(home, bot, "kraken", 100.0)


def test_the_process_dies_before_it_wrote_the_stop_down(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        """SIGKILL, in its place."""

    commit = Trade.commit

    def die() -> None:
        if home.keys and stops(home):
            raise Died
        commit()

    home.plugin("scripted", script({BTC: [4]}, stop=0.04))
    bot = home.start(exchange="kraken", live=True)
    with monkeypatch.context() as patch, pytest.raises(Died):
        patch.setattr(Trade, "commit", die)
        bot.at(4).at(4, 15)
    home.kill()
    home.clock.move_to(after(4, 30))
    bot = home.start(exchange="kraken", live=True).at(4, 40).at(4, 50).at(5)
    (stop,) = stops(home)
    assert [one.order_id for one in open_trade().open_sl_orders] == [str(stop.id)]
    leave(bot)
    assert_reconciled(home, bot, "kraken", 100.0)


def leave(bot: Bot) -> None:
    """The time stop."""
    bot.strategy.time_stop = after(1) - after(0)
    bot.at(9).at(9, 10).at(9, 20)
    assert closed_trade().exit_reason == "nija_time_stop"
