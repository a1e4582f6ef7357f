"""Which locks an account has earned, and until when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nija_plugins import locks
from nija_plugins.account import Account, Benchmarks, Position
from nija_plugins.incidents import Incident
from nija_plugins.risk.limits import Lock, due, reached
from nija_plugins.settings import Settings
from tests.conftest import NOW, a_request, an_account

MIDNIGHT = datetime(2024, 5, 2, tzinfo=UTC)
FOR_GOOD = NOW + locks.FOR_GOOD
HELD = Position("ETH/USD", 0.001, 3000, 3000, 2900, 0.004)
INCIDENTS = tuple(Incident(NOW, f"cause {n}", f"{n} failed.") for n in range(3))
BOTH = frozenset({"risk.drawdown", "risk.daily_loss"})


def marked(equity: float, *, day_open: float = 100.0, peak: float = 100.0, **changes) -> Account:
    return an_account(equity, benchmarks=Benchmarks(NOW.date(), day_open, peak), **changes)


def earned(account: Account, **settings) -> list[Lock]:
    return list(due(account, Settings(**settings)))


class TestDue:
    """What the account calls for as it is."""

    def test_an_ordinary_account_earns_none(self) -> None:
        assert earned(an_account()) == []

    @pytest.mark.parametrize(("equity", "locked"), [(94.01, False), (94.0, True), (90.0, True)])
    def test_a_day_at_its_floor_ends_at_midnight(self, equity: float, locked: bool) -> None:
        assert earned(marked(equity)) == [Lock(locks.DAY, MIDNIGHT)] * locked

    @pytest.mark.parametrize(("equity", "locked"), [(88.01, False), (88.0, True), (50.0, True)])
    def test_the_drawdown_at_its_floor_ends_when_a_person_unlocks(
        self, equity: float, locked: bool
    ) -> None:
        account = marked(equity, day_open=equity)
        assert earned(account) == [Lock(locks.DRAWDOWN, FOR_GOOD)] * locked

    def test_or_by_time(self) -> None:
        (lock,) = earned(marked(80, day_open=80), drawdown_pause_days=5)
        assert lock == Lock(locks.DRAWDOWN, NOW + timedelta(days=5))

    def test_a_pause_that_no_calendar_holds_is_refused(self) -> None:
        """At the limit it would raise at every loop: nothing locked, nothing sold."""
        longest = earned(marked(80, day_open=80), drawdown_pause_days=36_500)
        assert longest == [Lock(locks.DRAWDOWN, FOR_GOOD)]
        with pytest.raises(ValueError, match="drawdown_pause_days"):
            Settings(drawdown_pause_days=9_999_999)

    def test_both(self) -> None:
        assert [lock.reason for lock in earned(marked(80))] == [locks.DRAWDOWN, locks.DAY]

    def test_the_last_second_of_a_day(self) -> None:
        account = replace(marked(90), time=MIDNIGHT - timedelta(seconds=1))
        assert earned(account) == [Lock(locks.DAY, MIDNIGHT)]

    def test_the_first_second_of_a_day(self) -> None:
        account = replace(marked(90), time=MIDNIGHT)
        assert earned(account) == [Lock(locks.DAY, MIDNIGHT + timedelta(days=1))]

    def test_losses_in_a_row_pause_for_a_day(self) -> None:
        assert earned(an_account(losing_streak=2)) == []
        pause = Lock(locks.STREAK, NOW + timedelta(hours=24))
        assert earned(an_account(losing_streak=3)) == [pause]
        assert earned(an_account(losing_streak=2), max_consecutive_losses=2) == [pause]

    def test_three_incidents_wait_for_a_person(self) -> None:
        assert earned(an_account(incidents=INCIDENTS[:2])) == []
        assert earned(an_account(incidents=INCIDENTS)) == [Lock(locks.ERRORS, FOR_GOOD)]
        assert earned(an_account(incidents=INCIDENTS), auto_shutoff_on_errors=False) == []

    def test_an_account_without_money_waits_for_its_first_deposit(self) -> None:
        assert earned(marked(0.0, day_open=0.0, peak=0.0)) == []
        assert earned(marked(0.0)) == []

    def test_an_equity_that_is_not_known_reaches_no_floor(self) -> None:
        """No price of an open position, say; incidents count all the same."""
        unknown = marked(50, problem="No closed candle is known.", incidents=INCIDENTS)
        assert earned(unknown) == [Lock(locks.ERRORS, FOR_GOOD)]


class TestReached:
    """Nothing is open, and what is left of a budget carries the smallest lot of no pair."""

    SPENT = marked(94.2)
    """$0.20 of the day's budget: no $5 lot at a stop of 4.8%."""
    FELL = marked(88.2, day_open=88.2)

    def locks(self, account: Account, *requests, rules=BOTH, **settings) -> list[Lock]:
        return list(reached(rules, account, requests or (a_request(),), Settings(**settings)))

    def test_a_day(self) -> None:
        assert self.locks(self.SPENT) == [Lock(locks.DAY, MIDNIGHT)]

    def test_a_drawdown(self) -> None:
        assert self.locks(self.FELL) == [Lock(locks.DRAWDOWN, FOR_GOOD)]
        pause = Lock(locks.DRAWDOWN, NOW + timedelta(days=2))
        assert self.locks(self.FELL, drawdown_pause_days=2) == [pause]

    def test_not_while_the_budget_carries_a_lot(self) -> None:
        assert self.locks(marked(96)) == []

    def test_not_while_it_carries_the_lot_of_another_pair(self) -> None:
        tight = a_request(pair="ETH/USD", stop=0.01)
        assert self.locks(self.SPENT, a_request(), tight) == []

    def test_not_while_something_is_open(self) -> None:
        """What it brings back may carry a lot again."""
        assert self.locks(replace(self.SPENT, positions=(HELD,))) == []

    def test_only_the_limit_that_objected(self) -> None:
        low = marked(88.2, day_open=93.6)
        both = [locks.DRAWDOWN, locks.DAY]
        assert [lock.reason for lock in self.locks(low)] == both
        for rule, reason in zip(("risk.drawdown", "risk.daily_loss"), both, strict=True):
            (lock,) = self.locks(low, rules=frozenset({rule, "risk.tier"}))
            assert lock.reason == reason
        assert self.locks(low, rules=frozenset({"risk.tier"})) == []

    def test_not_when_no_pair_could_be_asked_about(self) -> None:
        assert list(reached(BOTH, self.SPENT, (), Settings())) == []
