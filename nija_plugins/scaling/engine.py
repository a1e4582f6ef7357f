"""The scaling engine: equity in, tier out, every change announced and remembered once."""

import logging
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from nija_plugins.scaling.limits import NOTHING, Limits
from nija_plugins.scaling.manager import Clock, StateManager, utc_now
from nija_plugins.scaling.state import ScalingState, Transition
from nija_plugins.scaling.tiers import (
    ScalingTier,
    checked_equity,
    next_tier,
    sorted_tiers,
    tier_for,
    tier_named,
)
from nija_plugins.settings import Settings

logger = logging.getLogger(__name__)

DEFAULT_BUFFER = Settings.model_validate({}).downgrade_buffer

Scaled = tuple[bool, str | None, str | None]
"""Whether the tier changed (or was forced), the old tier's name, the new one's."""


class AutoScalingEngine:
    """Follows one account through the tiers.

    `state_file` None keeps everything in memory; `downgrade_buffer` is in percent; `account` labels
    whose state the file is (None: don't care).
    Raises StateFileError when the file is a newer NIJA's, ValueError for an impossible buffer.
    """

    def __init__(
        self,
        state_file: Path | str | None = None,
        downgrade_buffer: float = DEFAULT_BUFFER,
        account: str | None = None,
        clock: Clock = utc_now,
    ) -> None:
        if not 0 <= downgrade_buffer < 100:
            raise ValueError(
                f"downgrade_buffer must be a percentage from 0 to below 100, got {downgrade_buffer}"
            )
        self.downgrade_buffer = downgrade_buffer
        self.clock = clock
        path = None if state_file is None else Path(state_file)
        self.state_manager = StateManager(path, account, clock)

    @property
    def current_tier(self) -> ScalingTier | None:
        """The tier the account stands in; None is "no tier"."""
        return _tier_of(self.state_manager.state)

    @property
    def current_equity(self) -> float | None:
        """The last equity seen, in stake currency."""
        return self.state_manager.state.last_equity

    def restart(self) -> None:
        """A new run: in memory everything is forgotten, a file is read again. Says nothing."""
        self.state_manager.restart()

    def check_and_scale(
        self, equity: object, force: bool = False, now: datetime | None = None
    ) -> Scaled:
        """Moves the account to the tier of `equity` (stake currency), and announces a change.

        `force` ignores the downgrade buffer and announces even an unchanged tier. `now` (UTC)
        stamps the change; backtests pass the candle's time.
        Raises EquityError, and changes nothing, when `equity` is not an amount of money.
        """
        amount = checked_equity(equity)
        time = now or self.clock()
        buffer = 0.0 if force else self.downgrade_buffer
        old: ScalingTier | None = None
        new: ScalingTier | None = None

        def change(state: ScalingState) -> ScalingState:
            nonlocal old, new
            state = self._without_lost_tier(state, amount, time)
            old = _tier_of(state)
            new = tier_for(amount, old, buffer)
            if _name(old) == _name(new):
                return state.observed(amount)
            return state.moved(
                Transition(
                    from_tier=_name(old),
                    to_tier=_name(new),
                    equity=amount,
                    timestamp=time,
                    direction="upgrade" if _rises(old, new) else "downgrade",
                    account=state.account,
                )
            )

        self.state_manager.update(change, time)
        scaled = force or _name(old) != _name(new)
        if scaled:
            _announce(old, new, amount)
        return scaled, _name(old), _name(new)

    def get_next_tier(self) -> ScalingTier | None:
        """The tier above the current one, None at the top."""
        return next_tier(self.current_tier)

    def get_progress_to_next_tier(self) -> dict[str, Any] | None:
        """How far the next tier is: equity in stake currency, progress in percent of its minimum.

        None at the top tier, and before any equity was seen.
        """
        equity, following = self.current_equity, self.get_next_tier()
        if equity is None or following is None:
            return None
        facts = asdict(following)
        del facts["max_equity"]  # the next tier's end says nothing, and infinity is no JSON
        progress = equity / following.min_equity * 100 if following.min_equity else 100.0
        return {
            "current_equity": equity,
            "next_tier": facts,
            "equity_needed": max(0.0, following.min_equity - equity),
            "progress_pct": min(100.0, progress),
        }

    def _without_lost_tier(
        self, state: ScalingState, equity: float, time: datetime
    ) -> ScalingState:
        """`state` with a tier that is no longer in the table replaced by what its equity earns."""
        lost = state.current_tier
        if lost is None or tier_named(lost) is not None:
            return state
        if state.last_equity is None:
            state = state.observed(equity)
        found = _tier_of(state)
        logger.info(
            "Tier %s is no longer in SCALING_TIERS: the account stands in %s.", lost, _called(found)
        )
        return state.moved(
            Transition(
                from_tier=lost,
                to_tier=_name(found),
                equity=equity if state.last_equity is None else state.last_equity,
                timestamp=time,
                direction="renamed",
                account=state.account,
            )
        )


def _tier_of(state: ScalingState) -> ScalingTier | None:
    if state.current_tier is None:
        return None
    found = tier_named(state.current_tier)
    if found is None and state.last_equity is not None:
        return tier_for(state.last_equity, None, 0)
    return found


def _name(tier: ScalingTier | None) -> str | None:
    return None if tier is None else tier.name


def _called(tier: ScalingTier | None) -> str:
    return "no tier" if tier is None else f"{tier.name} tier"


def _rises(old: ScalingTier | None, new: ScalingTier | None) -> bool:
    """A forced repetition counts as rising, having no tier never does."""
    return new is not None and (old is None or new.min_equity >= old.min_equity)


def _announce(old: ScalingTier | None, new: ScalingTier | None, equity: float) -> None:
    """Says what the account may do from now on; the user's own caps come on top."""
    word = "UPGRADE" if _rises(old, new) else "DOWNGRADE"
    logger.info("AUTO-SCALING %s: $%.2f → %s", word, equity, _called(new))
    if new is None:
        logger.info(
            "No new entries below $%.2f; open positions stay managed.", sorted_tiers()[0].min_equity
        )
    limits: Limits | ScalingTier = NOTHING if new is None else new
    logger.info("Max Positions: %d", limits.max_positions)
    logger.info("Risk Per Trade: %.1f%%", limits.risk_per_trade)
    logger.info("Copy Trading: %s", limits.copy_trading)
    logger.info("Leverage: %s", limits.leverage_enabled)
