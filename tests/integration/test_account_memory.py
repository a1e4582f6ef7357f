"""What an account remembers, through the real bot: a restart at any instant decides as if there had
been none, a memory that cannot be used lets nothing in, incidents end entries, and a person's
unlocking means what `nija unlock` says."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import PairLocks, Trade
from freqtrade.rpc.rpc import RPC
from sqlalchemy import create_engine

from nija_plugins import locks
from nija_plugins.account import Benchmarks
from nija_plugins.memory.store import MEMORY_FILE
from nija_plugins.venue.faults import Fault
from tests.integration.live import START, Bot, Home, Served, a_home, script

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC, ETH, SOL = "BTC/USD", "ETH/USD", "SOL/USD"


def open_pairs() -> set[str]:
    return {trade.pair for trade in Trade.get_trades_proxy(is_open=True)}


def locked() -> dict[str, datetime]:
    return locks.active(datetime.now(UTC))


def unlock(bot: Bot, reason: str) -> None:
    """Telegram's /unlock, FreqUI's button and the REST API do this."""
    (lock,) = [one for one in PairLocks.get_pair_locks("*") if one.reason == reason]
    RPC(bot.worker.freqtrade)._rpc_delete_lock(lockid=lock.id)


def marks(bot: Bot) -> Benchmarks:
    found = bot.run.memory.benchmarks
    assert found is not None
    return found


def broken(hook: str, argument: str, when: str = "True") -> str:
    return f"""
from nija_plugins import hookimpl

@hookimpl
def {hook}({argument}):
    if {when}:
        raise RuntimeError("out of order")
"""


def a_fall(home: Home, to: float, hour: int = 9, **plan: Any) -> None:
    """BTC is entered at 8h and falls within the candle that begins at `hour`; ETH signals at 12h,
    16h and 20h."""
    home.plugin("scripted", script({BTC: [8], ETH: [12, 16, 20]}, **plan))
    home.market.paint("BTC", hour, [to])


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
        home.plugin("deaf", broken("nija_exit_filled", "pair"))
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
        home.plugin("zz_broken", broken("nija_plan", "pair"))  # asked before the script
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


TIGHT = {"max_drawdown": 2, "daily_max_loss": 50, "max_consecutive_losses": 9}


def fallen(home: Home) -> Bot:
    """The account lost more than 2% in a gap that the bot did not see coming."""
    a_fall(home, 0.80, stop=0.04)
    bot = home.start((BTC, ETH), nija=TIGHT).at(8).at(8, 10)
    assert open_pairs() == {BTC}
    return bot.at(10)


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
        bot = home.start((BTC, ETH), exchange="kraken", live=True, nija=TIGHT).at(8).at(8, 10)
        bot.at(10).at(10, 10).at(10, 20)
        assert locks.DRAWDOWN in locked()
        assert not open_pairs()
        home.venue.deposit(home.account("kraken").key, "USD", "50")
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


class TestIncidents:
    """Three within an hour end entries until a person has looked."""

    def three(self, home: Home, **nija: Any) -> Bot:
        """A broken plugin, a wallet without an answer, candles that stay away: at 7h."""
        home.plugin("scripted", script({BTC: [8, 12]}))
        home.plugin("deaf", broken("nija_equity", "account", "account.time.hour == 7"))
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


def damaged(file: Path, bot: Bot | None) -> Callable[[], object]:
    good = file.read_bytes()
    file.write_bytes(b"spoilt" * 1000)
    return lambda: file.write_bytes(good)


def directory(file: Path, bot: Bot | None) -> Callable[[], object]:
    good = file.rename(file.with_suffix(".good"))
    file.mkdir()

    def mend() -> None:
        file.rmdir()
        good.rename(file)

    return mend


def held(file: Path, bot: Bot | None) -> Callable[[], object]:
    """By another program."""
    connection = sqlite3.connect(file)
    connection.execute("BEGIN EXCLUSIVE")
    return connection.close


SLOW = pytest.mark.slow
"""Many bots add up: the rest of the table runs with `make test-all`."""


class TestUnusableMemory:
    """No entries, exits go on, one line and one alert, and nothing is overwritten."""

    @pytest.fixture
    def file(self, home: Home) -> Path:
        a_fall(home, 0.90, hour=13)
        return home.user_data / MEMORY_FILE

    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """SQLite waits for two real seconds otherwise."""

        def engine(url: str, **options: Any) -> Any:
            return create_engine(url, **{**options, "connect_args": {"timeout": 0}})

        monkeypatch.setattr("nija_plugins.memory.store.create_engine", engine)

    def assert_closed(self, home: Home, bot: Bot) -> None:
        bot.at(12).at(12, 10).at(12, 80)
        assert open_pairs() == {BTC}
        assert len(bot.said("ERROR No entries: The account's memory")) == 1
        assert len(home.alerts("No entries: The account's memory")) == 1
        assert len(bot.said("Entry into ETH/USD refused: The account's memory")) == 1
        bot.at(14)
        assert not open_pairs(), "exits go on"

    def assert_open(self, home: Home, bot: Bot) -> None:
        bot.at(15).at(16)
        assert open_pairs() == {ETH}
        assert len(home.alerts("No entries: The account's memory")) == 1

    @pytest.mark.parametrize("spoil", [damaged, pytest.param(directory, marks=SLOW), held])
    def test_at_a_start(self, home: Home, file: Path, spoil: Callable[..., Any]) -> None:
        home.market.paint("ETH", 2, [1.10, 1.0])
        bot = home.start((BTC, ETH)).at(8).at(9)
        remembered = marks(bot)
        home.kill()
        good = file.read_bytes()
        mend = spoil(file, None)
        there = file.read_bytes() if file.is_file() else None
        home.clock.sleep(60)
        bot = home.start((BTC, ETH)).at(11)
        self.assert_closed(home, bot)
        assert there is None or file.read_bytes() == there
        mend()
        assert file.read_bytes() == good
        self.assert_open(home, bot)
        assert marks(bot) == remembered

    @pytest.mark.parametrize(
        "spoil",
        [pytest.param(damaged, marks=SLOW), directory, pytest.param(held, marks=SLOW)],
    )
    def test_while_the_bot_runs(self, home: Home, file: Path, spoil: Callable[..., Any]) -> None:
        bot = home.start((BTC, ETH)).at(8).at(9)
        mend = spoil(file, bot)
        bot.at(11)
        self.assert_closed(home, bot)
        mend()
        self.assert_open(home, bot)
        assert bot.said("The account's memory can be used again")
        bot.at(16, 100)
        assert bot.run.live is not None
        assert bot.run.live.store.load().benchmarks == bot.run.memory.benchmarks
