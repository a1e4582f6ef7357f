"""How much of a result is luck.

Sources: Efron (1979) for the bootstrap; Bailey and López de Prado (2014), "The Deflated Sharpe
Ratio", for what the best of many variants would show without any skill.
"""

from collections.abc import Sequence
from math import e, sqrt

import numpy as np
from scipy.stats import norm

DRAWS = 10_000
EULER = 0.5772156649015329


def bootstrap(values: Sequence[float], seed: int = 1) -> tuple[float, float, float, float]:
    """Mean, 5% and 95% bounds of the mean, and the share of draws whose mean is not above 0.

    Trades are drawn as if independent, which flatters: they overlap.
    """
    if not values:
        return (float("nan"),) * 4
    given = np.asarray(values, dtype=float)
    random = np.random.default_rng(seed)
    means = given[random.integers(0, len(given), (DRAWS, len(given)))].mean(axis=1)
    low, high = np.quantile(means, [0.05, 0.95])
    return float(given.mean()), float(low), float(high), float((means <= 0).mean())


def best_of(variants: int, spread: float) -> float:
    """The Sharpe ratio that the best of `variants` without skill is expected to show, when theirs
    differ with standard deviation `spread`."""
    first = norm.ppf(1 - 1 / variants)
    second = norm.ppf(1 - 1 / (variants * e))
    return float(spread * ((1 - EULER) * first + EULER * second))


def deflated_sharpe(
    sharpe: float, threshold: float, days: int, skewness: float, kurtosis: float
) -> float:
    """The probability that a daily `sharpe` seen over `days` is truly above `threshold` (daily);
    `kurtosis` is 3 for a normal distribution."""
    variance = 1 - skewness * sharpe + (kurtosis - 1) / 4 * sharpe**2
    return float(norm.cdf((sharpe - threshold) * sqrt(days - 1) / sqrt(variance)))
