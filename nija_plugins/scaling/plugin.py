"""The plugin that keeps tier and limits in step with the account."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nija_plugins import hookimpl
from nija_plugins.scaling.engine import AutoScalingEngine
from nija_plugins.scaling.limits import Limits, effective_limits
from nija_plugins.scaling.tiers import ScalingTier, checked_equity, tier_for
from nija_plugins.settings import Settings

if TYPE_CHECKING:
    from nija_plugins.account import Account

OnChange = Callable[["ScalingTier | None", "ScalingTier | None", "Account"], None]


class ScalingPlugin:
    """Follows the equity of one run; `tier`, `limits` and `changes` are the present state.

    `limits` is what may be opened next, the user's caps included. `changes` are this run's, oldest
    first: {time (ISO), from_tier, to_tier, equity}. `on_change` is called with the old tier, the
    new one and the account that moved.
    """

    def __init__(
        self, engine: AutoScalingEngine, settings: Settings, on_change: OnChange | None = None
    ) -> None:
        self.engine = engine
        self.settings = settings
        self.on_change = on_change
        self.changes: list[dict[str, Any]] = []
        self._stand_in(engine.current_tier)

    def _stand_in(self, tier: ScalingTier | None) -> None:
        self.tier = tier
        self.limits: Limits = effective_limits(tier, self.settings)

    @hookimpl
    def nija_run_started(self, settings: Settings) -> None:
        """A new run: a memory engine forgets, one with a file keeps its tier."""
        self.engine.restart()
        self.settings = settings
        self.changes = []
        self._stand_in(self.engine.current_tier)

    @hookimpl
    def nija_equity(self, account: "Account") -> None:
        """Moves the tier. Raises EquityError for an equity that is no amount of money."""
        if account.problem is not None:
            return  # numbers that cannot be trusted move nothing; entries are refused anyway
        if account.others.unknown:
            return  # too small a sum proves nothing
        self.engine.check_and_scale(self._proven(account), now=account.time)
        old, new = self.tier, self.engine.current_tier
        # Compared here, not taken from check_and_scale: another process on the same state file
        # may have made the change, and this run must hear of it too.
        if old == new:
            return
        self._stand_in(new)
        self.changes.append(
            {
                "time": account.time.isoformat(),
                "from_tier": old.name if old else None,
                "to_tier": new.name if new else None,
                "equity": account.equity,
            }
        )
        if self.on_change is not None:
            self.on_change(old, new, account)

    def _proven(self, account: "Account") -> float:
        """The equity that decides: all of it, but what a silent broker had earns no upgrade."""
        if not account.others.silent:
            return account.equity
        whole, old = checked_equity(account.equity), self.engine.current_tier
        new = tier_for(whole, old, self.engine.downgrade_buffer)
        if new is None or (old and new.min_equity <= old.min_equity):
            return whole
        alive = whole - account.others.silent_equity
        return max(alive, old.min_equity) if old else alive
