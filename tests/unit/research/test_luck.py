"""The statistics of luck, against cases whose answer is known."""

import numpy as np
import pytest

from nija_plugins.research.study.luck import best_of, bootstrap, deflated_sharpe


def test_bootstrap_brackets_the_mean_and_knows_a_sure_thing() -> None:
    values = np.random.default_rng(2).normal(0.1, 1.0, 400)
    middle, low, high, lucky = bootstrap(list(values))
    error = values.std() / 20
    assert middle == pytest.approx(values.mean())
    assert (high - low) / 2 == pytest.approx(1.645 * error, rel=0.05)
    assert 0 < lucky < 0.5
    assert bootstrap([0.1] * 9)[3] == 0.0
    assert np.isnan(bootstrap([])[0])


def test_the_best_of_many_without_skill_is_what_a_simulation_finds() -> None:
    draws = np.random.default_rng(3).normal(0, 0.5, (20_000, 50)).max(axis=1)
    assert best_of(50, 0.5) == pytest.approx(draws.mean(), rel=0.02)
    assert best_of(200, 0.5) > best_of(50, 0.5)


def test_deflated_sharpe() -> None:
    """The example of Bailey and López de Prado (2014), section 5: yearly 2.5 over 1,250 days with
    skewness −3 and kurtosis 10, best of 100 trials with variance 0.5 a year: 0.9004."""
    threshold = best_of(100, (0.5 / 250) ** 0.5)
    assert threshold == pytest.approx(0.1132, abs=5e-4)
    found = deflated_sharpe(2.5 / 250**0.5, threshold, 1250, -3.0, 10.0)
    assert found == pytest.approx(0.9004, abs=3e-3)
