"""The day's opening and the peak of a portfolio: how they move with money that comes and goes, with
a bot that joins, with what prices did.

The ledger has the portfolio's levels; each bot's memory its own share of them, in case that it
should be alone one day.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from nija_plugins.account import Benchmarks
from nija_plugins.brokers.portfolio import Member
from nija_plugins.live.cash_flows import CENT, share_of


def moved(
    marks: Benchmarks | None,
    flow: float,
    path: Iterable[tuple[datetime, float]],
    now: datetime,
    equity: float,
) -> Benchmarks:
    """`marks` after a `flow` they do not count yet (stake currency) and the equities on the way to
    `equity` at `now` (UTC). They begin anew where there were none, or no money."""
    share = share_of(flow, equity) if flow else 1.0
    if marks is None or share is None:
        return Benchmarks.begin(now, equity)
    if flow:
        marks = marks.scaled(share)
    for moment, seen in path:
        if moment.date() < marks.day:
            # Somebody else has opened the present day: of the ones before it only a peak counts.
            marks = replace(marks, peak=max(marks.peak, seen))
        else:
            marks = marks.observe(moment, seen)
    return marks.observe(now, equity)


def uncounted(
    told: Member | None,
    own: float,
    *,
    begins: bool,
    flow: float,
    pending: float,
    external: float | None,
) -> float:
    """What came with this bot, or left, and the portfolio's levels do not count yet.

    `told` is what it last told, `own` its equity now; `begins` is true when it remembers nothing.
    `flow` are deposits less withdrawals since its memory was written, `pending` the part of them
    that is not settled, `external` the settled cash that no trade brought.
    """
    if told is None:
        return own  # it joins with all it has
    if begins:
        return own - told.equity
    if told.external is not None and abs(told.external - (external or 0.0)) < CENT:
        return pending  # it told, and died before it could write that down
    return flow


def own_share(marks: Benchmarks, own: float, equity: float) -> Benchmarks:
    """`marks` of a portfolio of `equity` for a bot that has `own` of it, as if the others' money
    were withdrawn."""
    return marks if own == equity or equity <= 0 else marks.scaled(own / equity)
