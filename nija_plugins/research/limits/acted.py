"""On which days each rule acted."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

RAISED = "stops raised by a floor"
LOCK = "lock: "


def days_acted(
    refusals: list[dict[str, Any]],
    locks: list[tuple[str, datetime, datetime]],
    raised: dict[str, int],
    first: datetime,
    last: datetime,
) -> dict[str, int]:
    """How many UTC days in [first, last) saw each rule refuse a candidate, each lock active, or
    stops raised. Arguments as in `engine.Outcome`; a day counts once for each rule."""
    found: dict[str, set[str]] = defaultdict(set)
    for refusal in refusals:
        for rule in refusal["reasons"]:
            found[rule].add(refusal["time"][:10])
    for reason, begin, end in locks:
        found[LOCK + reason].update(_days(max(begin, first), min(end, last)))
    found[RAISED].update(raised)
    return dict(Counter({rule: len(days) for rule, days in found.items() if days}))


def _days(begin: datetime, end: datetime) -> Iterator[str]:
    """Every day that [begin, end) touches."""
    day: date = begin.date()
    while datetime.combine(day, datetime.min.time(), begin.tzinfo) < end:
        yield day.isoformat()
        day += timedelta(days=1)
