"""One bot's side of the portfolio, over a real ledger that fails and recovers."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from nija_plugins.account import Account, Benchmarks
from nija_plugins.brokers.database import ledger_url
from nija_plugins.brokers.ledger import Ledger
from nija_plugins.brokers.portfolio import Member, Reservation, View
from nija_plugins.brokers.watch import PortfolioWatch, priority
from nija_plugins.settings import Settings
from tests.conftest import NOW, an_account

KRAKEN = Member("kraken live", "kraken", NOW, 250.0, 250.0, 250.0)


class Bot:
    """A Coinbase bot's watch, and what it told a person."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "ledger.sqlite"
        self.alerts: list[str] = []
        self.ledger = Ledger(ledger_url(f"sqlite:///{self.file}", folder), "live USD")
        self.watch = PortfolioWatch(
            self.ledger, "coinbase live", "coinbase", priority(Settings()), self.alerts.append
        )

    def tell(self, account: Account, external: float = 300.0) -> bool:
        marks = Benchmarks.begin(NOW, 300.0)
        return self.watch.publish(account, None, external, lambda view: marks)

    def break_ledger(self) -> None:
        for file in self.file.parent.glob(f"{self.file.name}*"):
            file.unlink()
        self.file.mkdir()


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


def at(seconds: float, equity: float = 300.0, **changes: object) -> Account:
    return an_account(equity, time=NOW + timedelta(seconds=seconds), **changes)


def test_what_repeats_itself_is_told_once_a_minute(bot: Bot) -> None:
    def told() -> float:
        return (bot.ledger.view().members[0].time - NOW).total_seconds()

    assert bot.tell(at(0))
    assert bot.tell(at(5)) and told() == 0
    assert bot.tell(at(60)) and told() == 60
    assert bot.tell(at(65, equity=301)) and told() == 65, "what is new is told at once"


def test_who_is_missing_in_the_ledger_tells_at_once(bot: Bot) -> None:
    """It was moved away, or forgot this bot: until it is told, the others count no position."""
    bot.tell(at(0))
    bot.watch.look(NOW)
    assert bot.ledger.forget("coinbase live")
    bot.watch.look(NOW + timedelta(seconds=5))
    bot.tell(at(5))
    assert [one.account for one in bot.ledger.view().members] == ["coinbase live"]


def test_a_change_that_may_be_a_deposit_is_not_told_yet(bot: Bot) -> None:
    bot.tell(at(0))
    bot.tell(at(60, equity=400, unsettled=100.0))
    (told,) = bot.ledger.view().members
    assert (told.equity, told.worst_case, told.free_cash) == (300, 300, 300)


def test_who_joins_waits_until_it_knows_what_it_brings(bot: Bot) -> None:
    """The levels count what a new member brings when it is first told of, and only then; while its
    cash is in doubt they are left as they are."""
    bot.ledger.publish(KRAKEN, lambda view: None)
    bot.watch.look(NOW)
    assert not bot.tell(at(0, equity=400, unsettled=100.0))
    assert bot.ledger.view().member("coinbase live") is None
    assert bot.tell(at(5, equity=400))
    assert bot.ledger.view().member("coinbase live") is not None


def test_cash_that_the_levels_do_not_count_is_not_told_as_counted(bot: Bot) -> None:
    """A deposit that settled while the account could not be valued, and then another change."""
    bot.tell(at(0), external=300.0)
    bot.tell(at(60, equity=450, unsettled=50.0), external=400.0)
    (told,) = bot.ledger.view().members
    assert told.external == 300


def test_a_ledger_that_fails_is_told_once_and_asked_rarely(bot: Bot) -> None:
    bot.ledger.publish(KRAKEN, lambda view: None)
    bot.watch.look(NOW)
    bot.break_ledger()
    for seconds in (1, 6, 40, 80):
        bot.watch.look(NOW + timedelta(seconds=seconds))
    assert len(bot.alerts) == 1
    assert bot.watch.problem is not None
    assert not bot.tell(at(81))
    assert not bot.watch.confirm("BTC/USD", NOW + timedelta(seconds=82))
    assert bot.watch.others(NOW).equity == 250, "limits go on with what it last said"
    bot.file.rmdir()
    bot.watch.look(NOW + timedelta(seconds=90))
    assert bot.watch.problem is not None, "not asked yet"
    bot.watch.look(NOW + timedelta(seconds=120))
    assert bot.watch.problem is None
    bot.break_ledger()
    bot.watch.look(NOW + timedelta(seconds=200))
    assert len(bot.alerts) == 2, "a second failure is news"


def test_a_ledger_that_never_answered_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").mkdir()
    bot = Bot(tmp_path)
    bot.watch.look(NOW)
    assert bot.watch.others(NOW).unknown
    assert not bot.watch.restart(Benchmarks.begin(NOW, 1.0), NOW)


def test_clocks_apart_let_nothing_in(bot: Bot) -> None:
    bot.ledger.publish(replace(KRAKEN, time=NOW + timedelta(minutes=5)), lambda view: None)
    bot.watch.look(NOW)
    bot.watch.look(NOW + timedelta(seconds=5))
    (alert,) = bot.alerts
    assert "Clocks apart: kraken live wrote 300 s in the future" in alert
    bot.watch.look(NOW + timedelta(minutes=5))
    assert bot.watch.problem is None


class TestAnotherBotOnTheSameBroker:
    """The same account, after its database was moved, or one of two."""

    OTHER = replace(KRAKEN, account="coinbase live old", broker="coinbase")

    def test_a_silent_one_lets_nothing_in_until_it_is_forgotten(self, bot: Bot) -> None:
        bot.ledger.publish(self.OTHER, lambda view: None)
        for seconds in (1, 61, 601):
            bot.watch.look(NOW + timedelta(seconds=seconds))
            assert bot.watch.problem is not None
        (alert,) = bot.alerts
        assert 'nija forget "coinbase live old"' in alert and "$250.00 count twice" in alert
        bot.ledger.forget(self.OTHER.account)
        bot.watch.look(NOW + timedelta(seconds=605))
        assert bot.watch.problem is None

    def test_one_that_lives_is_another_account(self, bot: Bot) -> None:
        bot.ledger.publish(self.OTHER, lambda view: None)
        bot.watch.look(NOW)
        assert bot.watch.problem is not None
        alive = replace(self.OTHER, time=NOW + timedelta(seconds=30))
        bot.ledger.publish(alive, lambda view: None)
        bot.watch.look(NOW + timedelta(seconds=31))
        assert bot.watch.problem is None

    def test_a_silent_one_elsewhere_goes_on_counting(self, bot: Bot) -> None:
        bot.ledger.publish(KRAKEN, lambda view: None)
        bot.watch.look(NOW + timedelta(hours=1))
        assert bot.watch.problem is None


def test_a_reservation_of_this_loop_survives_what_this_loop_tells(bot: Bot) -> None:
    wanted = Reservation("coinbase live", "coinbase", "BTC/USD", 50.0, 50.6, 3.0, NOW)
    assert bot.watch.reserve(wanted, lambda others: None) is None
    assert bot.watch.confirm("BTC/USD", NOW)
    bot.tell(at(5))
    assert len(bot.ledger.view().reservations) == 1
    bot.tell(at(10))
    assert not bot.ledger.view().reservations


def test_who_unlocks_restarts_the_peak_of_all(bot: Bot) -> None:
    bot.ledger.publish(KRAKEN, lambda view: Benchmarks(NOW.date(), 500.0, 700.0))
    bot.watch.look(NOW)
    assert bot.watch.shared_marks == Benchmarks(NOW.date(), 500.0, 700.0)
    assert bot.watch.restart(Benchmarks(NOW.date(), 500.0, 550.0), NOW)
    seen: View = bot.ledger.view()
    assert seen.marks == Benchmarks(NOW.date(), 500.0, 550.0)
