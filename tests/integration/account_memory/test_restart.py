"""A restart at any instant decides as if there had been none."""

from datetime import timedelta
from pathlib import Path

import pytest

from nija_plugins import locks
from nija_plugins.account import Benchmarks
from tests.integration.account_memory.losing import TIGHT, a_fall, fallen, locked, marks, unlock
from tests.integration.live import RAISES, Home, Served, a_home, broken, open_pairs, script
from tests.integration.painted_market import START

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC, ETH = "BTC/USD", "ETH/USD"


class TestRestart:
    """As if there had been none."""

    def over_midnight(self, home: Home, hours: list[int | None]) -> Benchmarks:
        """The day's high at 22h, its end at 1.04, and 1.01 in the night."""
        home.plugin("scripted", script({BTC: [20]}, stop=0.04, trail=0.25))
        home.market.paint("BTC", 20, [1.05, 1.10, 1.06, 1.04, 1.02, 1.01])
        bot = home.start()
        for hour in hours:
            if hour is None:
                home.kill()
                home.clock.sleep(3600)
                bot = home.start()
            else:
                bot.at(hour)
        assert open_pairs() == {BTC}
        return marks(bot)

    def test_down_over_a_high_and_midnight(
        self, tmp_path: Path, served: Served, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = []
        for name, hours in {"through": [*range(20, 27)], "down": [20, None, 26]}.items():
            (tmp_path / name).mkdir()
            with a_home(tmp_path / name, *served, monkeypatch) as home:
                found.append(self.over_midnight(home, hours))
        through, down = found
        assert down == through
        assert through.day == (START + timedelta(days=1)).date()
        assert 100 < through.day_open < through.peak, "midnight was no high, and not the present"

    def test_what_locks_and_what_failed(self, home: Home) -> None:
        a_fall(home, 0.90)
        home.plugin("deaf", broken("nija_exit_filled", "pair", RAISES))
        bot = home.start((BTC, ETH), nija={"max_consecutive_losses": 1}).at(8).at(10).at(10, 10)
        before = bot.run.memory
        assert before.locked == {locks.STREAK}
        assert len(before.incidents.recent) == 1
        ends = locked()
        home.kill()
        bot = home.start((BTC, ETH), nija={"max_consecutive_losses": 1}).at(10, 60)
        assert bot.run.memory.incidents == before.incidents
        assert bot.run.memory.locked == before.locked
        assert bot.run.memory.benchmarks == before.benchmarks
        assert locked() == ends, "no second pause"
        bot.at(12)
        assert not open_pairs()

    def test_a_plugin_that_goes_on_failing_is_no_new_incident(self, home: Home) -> None:
        """Three restarts with one broken plugin would lock otherwise."""
        home.plugin("scripted", script({}))
        home.plugin("zz_broken", broken("nija_plan", "pair", RAISES))  # asked before the script
        for hour in range(1, 4):
            bot = home.start().at(hour * 0.2).at(hour * 0.2, 60)
            assert len(bot.run.memory.incidents.recent) == 1
            home.kill()
            home.clock.sleep(10)
        assert not locked()

    def test_unlocked_while_the_bot_was_down(self, home: Home) -> None:
        bot = fallen(home)
        home.kill()
        home.clock.sleep(60)
        bot = home.start((BTC, ETH), nija=TIGHT)
        unlock(bot, locks.DRAWDOWN)  # before its first loop
        bot.at(11).at(12)
        assert marks(bot).peak == pytest.approx(bot.account().equity, rel=1e-2)
        assert open_pairs() == {ETH}

    def test_locked_by_a_refusal_killed_and_unlocked(self, home: Home) -> None:
        """All before the bot's next loop."""
        a_fall(home, 0.883, stop=0.04)
        home.start((BTC, ETH), nija=TIGHT).at(8).at(10).at(10, 10).at(12)
        assert set(locked()) == {locks.DRAWDOWN}, "what is left carries no lot"
        home.kill()
        home.clock.sleep(60)
        bot = home.start((BTC, ETH), nija=TIGHT)
        unlock(bot, locks.DRAWDOWN)
        bot.at(13)
        assert 98 < bot.account().equity < 99
        assert marks(bot).peak == pytest.approx(bot.account().equity)
