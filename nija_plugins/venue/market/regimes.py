"""The regimes of the synthetic market: a Markov chain that changes at most once an hour.

A regime may *lean* (drift) while it lasts, as a trend or a crash does. A lean is not an edge: the
hour in which the regime ends gives back, on average, all that the lean promised, so that at every
hour the expected return of the next one is exactly zero.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SyntheticRegime:
    """One state of the synthetic market.

    `volatility` multiplies the normal one; `lean` is the drift per hour while it lasts, in
    standard deviations of a normal hour; `hours` is how long it lasts on average; `then` holds
    the probabilities of what follows, in the order of `REGIMES`, its own place empty.
    """

    name: str
    volatility: float
    lean: float
    hours: float
    then: tuple[float, ...]

    @property
    def ending(self) -> float:
        """The probability that an hour of this regime is its last."""
        return 1 / self.hours

    @property
    def reversal(self) -> float:
        """The return of the last hour, in standard deviations: what makes the lean fair."""
        return -self.lean * (1 - self.ending) / self.ending


REGIMES: tuple[SyntheticRegime, ...] = (
    SyntheticRegime("calm", 0.6, 0.0, 240, (0.00, 0.40, 0.30, 0.28, 0.02)),
    SyntheticRegime("rising", 0.9, 0.04, 120, (0.50, 0.00, 0.10, 0.35, 0.05)),
    SyntheticRegime("falling", 1.0, -0.04, 100, (0.40, 0.10, 0.00, 0.30, 0.20)),
    SyntheticRegime("turbulent", 1.7, 0.0, 48, (0.45, 0.20, 0.20, 0.00, 0.15)),
    SyntheticRegime("crash", 3.0, -0.15, 16, (0.00, 0.10, 0.20, 0.70, 0.00)),
)


def transitions() -> Floats:
    """The hourly transition matrix; row = from, column = to."""
    matrix = np.array([[r.ending * p for p in r.then] for r in REGIMES])
    return matrix + np.diag([1 - r.ending for r in REGIMES])


def shares() -> Floats:
    """The share of all hours spent in each regime, in the long run."""
    size = len(REGIMES)
    # The stationary vector solves πP = π; one of those equations is redundant, Σπ = 1 replaces it.
    equations = np.vstack([(transitions().T - np.eye(size))[:-1], np.ones(size)])
    return np.linalg.solve(equations, np.append(np.zeros(size - 1), 1.0))


def walk(rng: np.random.Generator, first: int, hours: int) -> tuple[Ints, Floats, int]:
    """`hours` hours of the chain from regime `first`.

    Returns the regime of each hour, the lean or the reversal of each hour in standard deviations,
    and the regime of the hour after the last.
    """
    cumulative = np.cumsum(transitions(), axis=1)
    cumulative[:, -1] = 1.0
    rows = cumulative.tolist()
    path = [first]
    for draw in rng.random(hours).tolist():
        row = rows[path[-1]]
        path.append(next(i for i, bound in enumerate(row) if draw < bound))
    regimes = np.array(path, dtype=np.int64)
    now, after = regimes[:-1], regimes[1:]
    lean = np.array([r.lean for r in REGIMES])[now]
    reversal = np.array([r.reversal for r in REGIMES])[now]
    return now, np.where(now == after, lean, reversal), int(after[-1])


def mean_square() -> float:
    """The variance of an hour's return in the long run, over that of a normal hour; no jumps."""
    per_regime = [
        r.volatility**2 + (1 - r.ending) * r.lean**2 + r.ending * r.reversal**2 for r in REGIMES
    ]
    return float(shares() @ np.array(per_regime))
