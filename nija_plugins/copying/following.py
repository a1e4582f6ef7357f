"""A follower's side of a copy: the leader's plan in place of its own, and what it refuses."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import nan

from freqtrade.persistence import Trade

from nija_plugins.candles.book import Reading
from nija_plugins.copying import rules
from nija_plugins.copying.tag import Copy
from nija_plugins.entry import EntryRequest
from nija_plugins.settings import Settings
from nija_plugins.sizing.decision import Decision
from nija_plugins.sizing.lot import floor_amount, smallest_amount, stake_for

logger = logging.getLogger(__name__)

REFUSED = "Copy {key} refused: "
"""How the log line of a refused copy begins; the copier finds the reason by it."""

ALREADY = "It is copied already"
"""How the refusal of a second copy begins."""


def planned(copy: Copy, reading: Reading) -> Reading:
    """`reading` with the leader's plan. The filter here judged another entry: it is not asked."""
    return replace(
        reading,
        stop=copy.stop,
        target=copy.target,
        trail=copy.trail,
        confidence=nan,
        win_probability=nan,
        doubt=None,
    )


def as_copy(copy: Copy, request: EntryRequest) -> EntryRequest:
    """`request`, known as the copy that it is."""
    return replace(request, copy_of=str(copy.key))


def objections(
    copy: Copy, request: EntryRequest, settings: Settings, widest: float
) -> tuple[str, ...]:
    """Why this account does not take the copy at all; `widest` (a fraction) is how far a stop may
    lie from the price."""
    return tuple(_objections(copy, request, settings, widest))


def _objections(
    copy: Copy, request: EntryRequest, settings: Settings, widest: float
) -> Iterator[str]:
    found = (
        rules.takes_copies(settings),
        rules.too_old(copy, request.time),
        rules.moved_away(copy, request.price),
        rules.too_wide(copy, widest),
        _taken(copy, request.pair),
    )
    yield from (sentence for sentence in found if sentence is not None)


def _taken(copy: Copy, pair: str) -> str | None:
    """The trades tell what was copied, so that nothing else must remember it."""
    beginning = Trade.enter_tag.startswith(copy.key.beginning, autoescape=True)
    same = Trade.get_trades([beginning]).first()
    if same is not None:
        return f"{ALREADY}, as trade {same.id}."
    other = Trade.get_trades([Trade.pair == pair, Trade.is_open.is_(True)]).first()
    return f"{pair} is open already, as trade {other.id}." if other is not None else None


def shared(
    decision: Decision, share: float, request: EntryRequest, settings: Settings
) -> tuple[float, str | None]:
    """`share` of the decided stake, rounded down to a lot; or 0 and why that is too little."""
    if share == 1:
        return decision.stake, None
    amount = floor_amount(decision.amount * share, request.market)
    smallest = smallest_amount(request, settings.min_trade_size)
    if amount < smallest:
        return 0.0, (
            f"A share of {share:.0%} of ${decision.stake:.2f} is less than the smallest lot of "
            f"${smallest * request.price:.2f}."
        )
    return stake_for(amount, request), None


def refuse(copy: Copy, sentences: Sequence[str]) -> None:
    """Says it where the copier can read it, whatever else the settings let be logged."""
    logger.info("%s%s", REFUSED.format(key=copy.key), " ".join(sentences))
