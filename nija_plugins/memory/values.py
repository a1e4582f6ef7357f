"""The values an account remembers."""

from dataclasses import dataclass, field
from datetime import datetime

from nija_plugins.account import Benchmarks
from nija_plugins.incidents import Incidents


@dataclass(frozen=True, slots=True)
class Memory:
    """What decides about entries and is written nowhere else.

    `seen` is the last loop that valued the account (UTC); `started` whether it ever met its minimum
    balances; `locked` the reasons for which all pairs were locked at that loop; `external_cash`
    what no trade brought (stake currency); `trades` how many trades the engine's database knew. The
    losing streak is not here: trades and locks tell it, and they are in the engine's database.
    """

    benchmarks: Benchmarks | None = None
    seen: datetime | None = None
    started: bool = False
    locked: frozenset[str] = frozenset()
    incidents: Incidents = field(default_factory=Incidents)
    external_cash: float | None = None
    trades: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What `nija status` shows of the last loop; amounts in stake currency, `time` in UTC.

    `locks` are (pair, reason, end) of every active lock.
    """

    time: datetime
    equity: float
    worst_case: float
    free_cash: float
    positions: int
    losing_streak: int
    locks: tuple[tuple[str, str, datetime], ...] = ()

    @property
    def amounts(self) -> tuple[float, float, float]:
        """All that is in stake currency."""
        return self.equity, self.worst_case, self.free_cash
