"""What is remembered of an account's tier, as a value and as JSON."""

import json
from typing import Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

SCHEMA: Final = 1
"""Version of the file's layout; raised when an older NIJA could misread it."""

HISTORY_LIMIT = 200
"""Transitions that are kept; the oldest go first."""


class DamagedStateError(ValueError):
    """Bytes that are no state file."""


class FutureStateError(ValueError):
    """A state file of a newer NIJA."""


class Transition(BaseModel):
    """One change of tier. `equity` is in stake currency; None is "no tier".

    "renamed" is what became of a tier that is no longer in the table.
    """

    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False)

    from_tier: str | None
    to_tier: str | None
    equity: float = Field(ge=0)
    timestamp: AwareDatetime
    direction: Literal["upgrade", "downgrade", "renamed"]
    account: str | None = None


class ScalingState(BaseModel):
    """Everything that survives a restart. `last_equity` is in stake currency, times are UTC.

    `account` says whose state this is, such as "coinbase dry-run"; None when nobody said.
    """

    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False)

    schema_version: Literal[1] = SCHEMA
    account: str | None = None
    current_tier: str | None = None
    last_equity: float | None = Field(default=None, ge=0)
    last_upgrade: AwareDatetime | None = None
    upgrade_history: tuple[Transition, ...] = ()

    def moved(self, transition: Transition) -> "ScalingState":
        """This state after `transition`."""
        upgraded = transition.direction == "upgrade"
        return self.model_copy(
            update={
                "current_tier": transition.to_tier,
                "last_equity": transition.equity,
                "last_upgrade": transition.timestamp if upgraded else self.last_upgrade,
                "upgrade_history": (*self.upgrade_history, transition)[-HISTORY_LIMIT:],
            }
        )

    def observed(self, equity: float) -> "ScalingState":
        """This state after seeing `equity` without a change of tier."""
        if equity == self.last_equity:
            return self
        return self.model_copy(update={"last_equity": equity})

    def fresh_start(self, account: str | None) -> "ScalingState":
        """An untouched state for `account`, with the history of the one before."""
        return ScalingState(account=account, upgrade_history=self.upgrade_history)

    def to_json(self) -> bytes:
        """The file's content."""
        return self.model_dump_json(indent=2).encode() + b"\n"


def parse_state(content: bytes) -> ScalingState:
    """The state in a file's `content`; an empty file is a fresh start.

    Raises FutureStateError for a newer layout, DamagedStateError for anything else unreadable.
    """
    if not content.strip():
        return ScalingState()
    try:
        raw = json.loads(content)
        version = raw.get("schema_version") if isinstance(raw, dict) else None
        if isinstance(version, int) and version > SCHEMA:
            raise FutureStateError(f"its schema version is {version}, this NIJA knows {SCHEMA}")
        return ScalingState.model_validate_json(content)
    except ValidationError as error:
        finding = error.errors()[0]
        where = ".".join(str(part) for part in finding["loc"]) or "content"
        raise DamagedStateError(f"{where}: {finding['msg']}") from None
    except FutureStateError:
        raise
    except (ValueError, RecursionError) as error:
        raise DamagedStateError(f"no JSON ({type(error).__name__})") from None
