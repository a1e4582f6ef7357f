"""Numbers for scripts: what is not known is null, since JSON has no NaN."""

from collections.abc import Iterable
from math import isfinite


def known(value: float) -> float | None:
    """`value` as a plain float, None where it is NaN or infinite."""
    return float(value) if isfinite(value) else None


def mean(values: Iterable[float]) -> float | None:
    """The mean, None of nothing."""
    every = [float(value) for value in values]
    return known(sum(every) / len(every)) if every else None
