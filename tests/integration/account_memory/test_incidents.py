"""Incidents end entries; a wallet without an answer makes no profit and no loss."""

from typing import Any

import pytest
from freqtrade.persistence import Trade

from nija_plugins import locks
from nija_plugins.venue.faults import Fault
from tests.integration.account_memory.losing import locked, marks, unlock
from tests.integration.live import RAISES, Bot, Home, broken, open_pairs, script

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC = "BTC/USD"


class TestIncidents:
    """Three within an hour end entries until a person has looked."""

    def three(self, home: Home, **nija: Any) -> Bot:
        """A broken plugin, a wallet without an answer, candles that stay away: at 7h."""
        home.plugin("scripted", script({BTC: [8, 12]}))
        home.plugin("deaf", broken("nija_equity", "account", RAISES, "account.time.hour == 7"))
        bot = home.start(exchange="kraken", live=True, nija=nija).at(5)
        home.venue.faults.add("candles", Fault.UNAVAILABLE, times=0)
        bot.at(6)
        home.venue.faults.add("balance", Fault.UNAVAILABLE, times=0)
        return bot.at(7).at(7, 60).at(7, 120)

    def test_three_causes_lock_until_a_person_unlocks(self, home: Home) -> None:
        bot = self.three(home)
        causes = [one.cause for one in bot.run.memory.incidents.recent]
        assert sorted(causes) == ["candles", "plugin deaf: nija_equity", "wallets"]
        assert set(locked()) == {locks.ERRORS}
        assert len(home.alerts("nija_errors: no entries until a person unlocks")) == 1
        assert len(bot.said("Incident: ")) == 3
        home.venue.faults.clear()
        bot.at(8).at(8, 10).at(10)
        assert not open_pairs(), "what cleared does not unlock"
        assert set(locked()) == {locks.ERRORS}
        unlock(bot, locks.ERRORS)
        bot.at(11)
        assert not locked()
        assert bot.run.memory.incidents.recent == ()
        bot.at(12)
        assert open_pairs() == {BTC}

    def test_unlocking_forgets_what_still_fails(self, home: Home) -> None:
        bot = self.three(home)
        unlock(bot, locks.ERRORS)
        bot.at(7, 180).at(7, 240)
        assert not locked()
        assert bot.run.memory.incidents.recent == ()

    def test_switched_off(self, home: Home) -> None:
        bot = self.three(home, auto_shutoff_on_errors=False)
        assert len(bot.run.memory.incidents.recent) == 3
        assert not locked()
        home.venue.faults.clear()
        bot.at(8).at(8, 10)
        assert open_pairs() == {BTC}

    def test_one_lasting_cause_is_one_incident(self, home: Home) -> None:
        home.plugin("scripted", script({}))
        bot = home.start(exchange="kraken", live=True).at(1)
        home.venue.faults.add("balance", Fault.UNAVAILABLE, times=0)
        for minutes in range(10, 60, 10):
            bot.at(1, 60 * minutes)
        (incident,) = bot.run.memory.incidents.recent
        assert incident.cause == "wallets"
        assert not locked()

    def test_a_wallet_that_was_silent_once_is_asked_again_at_once(self, home: Home) -> None:
        """freqtrade retries four times within a call; a glitch costs one loop, not five minutes."""
        home.plugin("scripted", script({BTC: [4]}))
        bot = home.start(exchange="kraken", live=True).at(3).at(3, 3500)
        home.venue.faults.add("balance", Fault.UNAVAILABLE, nth=2, times=5)
        bot.at(4)
        assert home.venue.faults.happened
        assert not open_pairs()
        bot.at(4, 30).at(4, 40)
        assert open_pairs() == {BTC}

    def test_an_entry_order_that_was_refused(self, home: Home) -> None:
        home.plugin("scripted", script({BTC: [4]}))
        home.venue.faults.add("add_order", Fault.RATE_LIMIT, times=2)
        bot = home.start(exchange="kraken", live=True).at(4).at(4, 10)
        (incident,) = bot.run.memory.incidents.recent
        assert incident.sentence.startswith("An entry order for BTC/USD was refused")
        bot.at(4, 20).at(4, 30)
        assert open_pairs() == {BTC}
        assert len(bot.run.memory.incidents.recent) == 1
        assert not bot.run.memory.incidents.lasting


class TestOldWallets:
    """What the exchange filled while its balances had no answer is neither profit nor loss."""

    def test_an_entry_that_fills_meanwhile_is_no_new_peak(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("freqtrade.worker.RETRY_TIMEOUT", 0)  # real seconds
        home.plugin("scripted", script({BTC: [4]}, stop=0.04))
        home.market.paint("BTC", 4, [1.001, 0.99])
        bid = {"price_side": "same", "use_order_book": False, "price_last_balance": 0.0}
        late = {"entry_pricing": bid, "ignore_buying_expired_candle_after": 3600}
        bot = home.start(exchange="kraken", live=True, **late).at(4, 3300)
        assert home.books("kraken").open_orders
        home.venue.faults.add("balance", Fault.UNAVAILABLE, times=0)
        bot.at(5, 600).at(5, 1800).at(5, 1810).at(5, 2400)
        (trade,) = Trade.get_trades_proxy(is_open=True)
        assert trade.amount > 0
        home.venue.faults.clear()
        bot.at(5, 2410).at(5, 2420).at(5, 2430)
        assert marks(bot).peak == pytest.approx(100, rel=1e-3)
        assert not locked()
        assert open_pairs() == {BTC}

    def test_a_high_while_a_deposit_awaits_its_second_reading(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It was one, whenever the wallet answers again."""
        monkeypatch.setattr("freqtrade.worker.RETRY_TIMEOUT", 0)  # real seconds
        home.plugin("scripted", script({BTC: [4]}, stop=0.04, trail=0.25))
        home.market.paint("BTC", 5, [1.10, 1.02])
        bot = home.start(exchange="kraken", live=True).at(4).at(4, 20).at(5)
        home.venue.deposit(home.account("kraken").key, "USD", "50")
        bot.at(5, 400)
        home.venue.faults.add("balance", Fault.UNAVAILABLE, times=0)
        bot.at(6).at(7)
        home.venue.faults.clear()
        bot.at(7, 60).at(7, 70)
        assert len(home.alerts("Deposit of $50.00")) == 1
        (position,) = bot.account().positions
        fell = position.value * (1.10 / 1.02 - 1)
        assert marks(bot).peak == pytest.approx(bot.account().equity + fell, rel=1e-5)
