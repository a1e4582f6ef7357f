"""What locks entries after losses, and what a person's unlocking means."""

from datetime import UTC, datetime, timedelta

import pytest
from freqtrade.persistence import Trade

from nija_plugins import locks
from tests.integration.account_memory.losing import TIGHT, a_fall, fallen, locked, marks, unlock
from tests.integration.live import Home, open_pairs
from tests.integration.painted_market import START

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC, ETH = "BTC/USD", "ETH/USD"


class TestDrawdown:
    """Everything is closed at once; a person starts it again, from where it stands."""

    def test_a_gap_closes_everything_and_locks_until_a_person_unlocks(self, home: Home) -> None:
        bot = fallen(home)
        (trade,) = Trade.get_trades_proxy(is_open=False)
        assert trade.exit_reason == "nija_drawdown"
        assert locked()[locks.DRAWDOWN] - datetime.now(UTC) > timedelta(days=30_000)
        assert len(home.alerts("nija_drawdown: no entries until a person unlocks")) == 1
        bot.at(12)
        assert not open_pairs()
        assert marks(bot).peak == pytest.approx(100)
        unlock(bot, locks.DRAWDOWN)
        bot.at(13)
        equity = bot.account().equity
        assert equity < 98
        assert marks(bot).peak == pytest.approx(equity), "the peak restarts"
        assert not locked()
        bot.at(16)
        assert open_pairs() == {ETH}

    def test_unlocked_while_the_equity_is_not_known(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A peak of nothing, or of NaN, would be no limit at all."""
        bot = fallen(home)
        unlock(bot, locks.DRAWDOWN)
        with monkeypatch.context() as patch:
            patch.setattr(bot.wallets, "get_total", lambda currency: float("nan"))
            bot.at(10, 10)
        assert marks(bot).peak == pytest.approx(100)
        bot.at(10, 20)
        assert marks(bot).peak == pytest.approx(bot.account().equity)
        assert not locked()

    def test_unlocked_together_with_a_deposit(self, home: Home) -> None:
        """The deposit scales the old peak once, not the new one as well."""
        a_fall(home, 0.80, stop=0.04)
        bot = home.start((BTC, ETH), exchange="coinbase", live=True, nija=TIGHT).at(8).at(8, 10)
        bot.at(10).at(10, 10).at(10, 20)
        assert locks.DRAWDOWN in locked()
        assert not open_pairs()
        home.venue.deposit(home.account("coinbase").key, "USD", "50")
        unlock(bot, locks.DRAWDOWN)
        bot.at(10, 330).at(10, 340).at(10, 350)
        assert len(home.alerts("Deposit of $50.00")) == 1
        assert not locked()
        assert marks(bot).peak == pytest.approx(bot.account().equity, rel=1e-6)
        bot.at(12)
        assert open_pairs() == {ETH}


class TestOtherLocks:
    """What a person's unlocking means for a spent day and for losses in a row."""

    def test_a_spent_day_is_locked_again(self, home: Home) -> None:
        a_fall(home, 0.80, stop=0.04)
        bot = home.start((BTC, ETH), nija={"daily_max_loss": 2}).at(8).at(10).at(10, 10)
        ends = locked()
        assert set(ends) == {locks.DAY}
        assert ends[locks.DAY] == START + timedelta(days=1)
        unlock(bot, locks.DAY)
        assert not locked()
        bot.at(10, 20)
        assert locked() == ends
        bot.at(12).at(20)
        assert not open_pairs()
        bot.at(24)
        assert not locked()
        assert marks(bot).day_open == pytest.approx(bot.account().equity)

    def test_unlocking_a_streak_starts_the_count_anew(self, home: Home) -> None:
        a_fall(home, 0.90)
        bot = home.start((BTC, ETH), nija={"max_consecutive_losses": 1}).at(8).at(10).at(10, 10)
        assert set(locked()) == {locks.STREAK}
        bot.at(12)
        assert not open_pairs()
        unlock(bot, locks.STREAK)
        bot.at(15)
        assert bot.account().losing_streak == 0
        assert not locked()
        bot.at(16)
        assert open_pairs() == {ETH}
