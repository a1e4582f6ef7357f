"""A bot whose database of trades was moved or named anew: its account must not count twice."""

import pytest

from tests.integration.live import Home, open_pairs, script
from tests.integration.painted_market import after

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC = "BTC/USD"


def test_nothing_is_entered_on_money_that_is_there_once(home: Home) -> None:
    home.plugin("scripted", script({BTC: [4, 8]}))
    home.start(exchange="kraken", live=True).at(3)
    home.kill()
    home.clock.move_to(after(3.5))
    bot = home.start(exchange="kraken", live=True, database="tradesv3.kraken").at(3.6).at(4)
    bot.at(4, 15).at(4, 30)
    assert not open_pairs(), "it would be twice as large"
    assert home.alerts('nija forget "kraken live trades"')
    assert bot.run.portfolio is not None
    bot.run.portfolio.ledger.forget("kraken live trades")
    bot.at(8).at(8, 15).at(8, 30)
    assert open_pairs() == {BTC}
    assert bot.account().equity == pytest.approx(100, abs=1)
    assert bot.account().benchmarks.peak == pytest.approx(100, abs=1)
