"""One line a decision: a plain sentence, then `event=...` and fields whose names stay the same.

docs/reliability.md lists the events and their fields.
"""

import json
import re
from collections.abc import Collection
from datetime import UTC, datetime

from nija_plugins.account import Account
from nija_plugins.entry import EntryRequest
from nija_plugins.scaling.tiers import ScalingTier
from nija_plugins.wallet import Raised

_BARE = re.compile(r"[^\s\"=]+")


def decided(event: str, sentence: str, **fields: object) -> str:
    """The line. What is None is left out; numbers keep ten digits, times are UTC, several values
    are joined by commas, and what has a space in it stands in quotes as in JSON."""
    known = {"event": event, **fields}
    told = [f"{name}={_shown(value)}" for name, value in known.items() if value is not None]
    return f"{sentence} {' '.join(told)}"


def tier_changed(old: ScalingTier | None, new: ScalingTier | None, equity: float) -> str:
    """The account moved to another tier; None is "no tier"."""
    before, after = (tier.name if tier else "none" for tier in (old, new))
    return decided(
        "tier_changed",
        f"The tier changes from {before} to {after} at ${equity:.2f}.",
        before=before,
        after=after,
        equity=equity,
        max_positions=new.max_positions if new else 0,
        risk_per_trade=new.risk_per_trade if new else 0.0,
    )


def stop_tightened(raised: Raised) -> str:
    """A floor raised a stop."""
    return decided(
        "stop_tightened",
        f"The stop of {raised.pair} moves from {raised.before:,.8g} up to {raised.after:,.8g}: a "
        "loss limit is near.",
        pair=raised.pair,
        trade=raised.trade,
        before=raised.before,
        after=raised.after,
    )


def entry_approved(request: EntryRequest, account: Account, stake: float) -> str:
    """An entry of `stake` (stake currency) is about to be ordered."""
    return decided(
        "entry_approved",
        f"Entry into {request.pair} approved: ${stake:.2f} at {request.price:,.8g}, stop "
        f"{request.stop:.2%} below.",
        pair=request.pair,
        stake=stake,
        price=request.price,
        score=request.score,
        confidence=request.confidence,
        win_probability=request.win_probability,
        stop=request.stop,
        target=request.target,
        regime=request.regime,
        tier=account.tier.name if account.tier else None,
        equity=account.equity,
    )


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, Collection) and not isinstance(value, str):
        value = ",".join(map(str, value))
    text = str(value)
    return text if _BARE.fullmatch(text) else json.dumps(text, ensure_ascii=False)
