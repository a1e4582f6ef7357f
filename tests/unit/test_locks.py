"""NIJA's locks among freqtrade's."""

from datetime import UTC, datetime, timedelta

import pytest
from freqtrade.persistence import PairLocks, init_db

from nija_plugins import locks

NOW = datetime(2024, 3, 5, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch) -> None:
    init_db("sqlite://")
    monkeypatch.setattr(PairLocks, "use_db", True)
    monkeypatch.setattr(PairLocks, "timeframe", "1h")


def test_a_lock_that_has_no_reason_is_released_by_the_name_it_is_shown_under() -> None:
    """The REST API asks for none."""
    PairLocks.lock_pair("BTC/USD", NOW + timedelta(days=1), now=NOW)
    ((pair, reason, _),) = locks.every(NOW)
    assert locks.release(pair, reason, NOW)
    assert not locks.every(NOW)


def test_no_other_lock_is_released_with_it() -> None:
    locks.lock_all(locks.STREAK, NOW + timedelta(days=1), NOW)
    locks.lock_pair("BTC/USD", locks.STREAK, NOW)
    locks.lock_all(locks.DAY, NOW + timedelta(hours=12), NOW)
    assert locks.release(locks.ALL, locks.STREAK, NOW)
    left = {(pair, reason) for pair, reason, _ in locks.every(NOW)}
    assert left == {("BTC/USD", locks.STREAK), (locks.ALL, locks.DAY)}
