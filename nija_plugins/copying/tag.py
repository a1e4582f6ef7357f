"""What travels with a copy: the entry tag of the follower's trade, readable by both sides.

    nija_copy:main:12:1764057600123:1764057601456:50000.0:0.04:0.15:0.06:1.0

Leader, its trade's id, when that was opened and filled (ms since 1970, UTC), the price it paid,
then stop, target and trail as fractions of the price, and the share of the follower's own stake.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite

PREFIX = "nija_copy"
LEADER_NAME = r"[A-Za-z0-9_-]{1,32}"
"""What a leader may be called: it stands in every tag."""

_FIELDS = re.compile(rf"{PREFIX}:({LEADER_NAME}):(\d{{1,12}}):(\d{{1,15}}):(\d{{1,15}}):(\S+)")


class MalformedCopy(ValueError):
    """A tag that begins like a copy's and is none; the message says why."""


@dataclass(frozen=True, slots=True)
class TradeKey:
    """One trade of one leader. `opened` (ms) tells it from the same id in another database."""

    leader: str
    trade: int
    opened: int

    def __str__(self) -> str:
        return f"{self.leader}:{self.trade}:{self.opened}"

    @property
    def beginning(self) -> str:
        """What every tag of a copy of this trade begins with."""
        return f"{PREFIX}:{self}:"


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy. `filled` is when the leader's entry filled (ms), `price` what it paid, in stake
    currency; `stop`, `target` and `trail` are fractions of the price, as in `view.Plan`; `share` is
    the factor on the follower's own stake, in (0, 1]."""

    key: TradeKey
    filled: int
    price: float
    stop: float
    target: float
    trail: float
    share: float = 1.0

    @property
    def tag(self) -> str:
        """The entry tag."""
        numbers = (self.price, self.stop, self.target, self.trail, self.share)
        return f"{self.key.beginning}{self.filled}:{':'.join(map(repr, numbers))}"

    @property
    def filled_at(self) -> datetime:
        """When the leader's entry filled (UTC)."""
        return datetime.fromtimestamp(self.filled / 1000, UTC)


def is_copy(tag: str | None) -> bool:
    """Whether `tag` claims to be a copy's."""
    return tag is not None and tag.startswith(f"{PREFIX}:")


def parse(tag: str) -> Copy:
    """The copy that `tag` describes. Raises MalformedCopy."""
    found = _FIELDS.fullmatch(tag)
    if found is None:
        raise MalformedCopy(f"'{tag}' is not the tag of a copy.")
    numbers = [_number(tag, text) for text in found[5].split(":")]
    if len(numbers) != 5:
        raise MalformedCopy(f"'{tag}' does not name price, stop, target, trail and share.")
    price, stop, target, trail, share = numbers
    if not (price > 0 and 0 < stop < 1 and target > 0 and 0 < trail < 1 and 0 < share <= 1):
        raise MalformedCopy(f"'{tag}' has a price, plan or share that cannot be.")
    key = TradeKey(found[1], int(found[2]), int(found[3]))
    return Copy(key, int(found[4]), price, stop, target, trail, share)


def key_of(tag: str | None) -> TradeKey | None:
    """The leader's trade that a trade with this `tag` copies; None when it copies none."""
    if tag is None or not is_copy(tag):
        return None
    try:
        return parse(tag).key
    except MalformedCopy:
        return None


def _number(tag: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise MalformedCopy(f"'{tag}' has '{text}' where a number belongs.") from None
    if not isfinite(number):
        raise MalformedCopy(f"'{tag}' has {number} where a number belongs.")
    return number
