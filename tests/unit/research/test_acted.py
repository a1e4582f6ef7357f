"""Days are counted once a rule."""

from datetime import UTC, datetime

from nija_plugins.research.limits.acted import LOCK, RAISED, days_acted

FIRST, LAST = datetime(2024, 5, 1, tzinfo=UTC), datetime(2024, 5, 11, tzinfo=UTC)


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2024, 5, day, hour, tzinfo=UTC)


def test_days() -> None:
    refusals = [
        {"time": at(3, 4).isoformat(), "reasons": {"risk.tier": "…", "risk.streak": "…"}},
        {"time": at(3, 8).isoformat(), "reasons": {"risk.tier": "…"}},
        {"time": at(4, 0).isoformat(), "reasons": {"risk.tier": "…"}},
    ]
    locks = [
        ("nija_streak", at(3, 20), at(4, 20)),
        ("nija_daily_loss", at(5, 6), at(6)),
        ("nija_drawdown", at(9, 1), datetime(2124, 1, 1, tzinfo=UTC)),
    ]
    assert days_acted(refusals, locks, {"2024-05-02": 3}, FIRST, LAST) == {
        "risk.tier": 2,
        "risk.streak": 1,
        LOCK + "nija_streak": 2,
        LOCK + "nija_daily_loss": 1,
        LOCK + "nija_drawdown": 2,
        RAISED: 1,
    }
