"""What the AI filter promised beside what came of it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from nija_plugins.research.calibration import calibration, draw, wilson


def judged(candidates: int, seed: int = 1) -> pd.DataFrame:
    """Candidates that win exactly as often as promised."""
    rng = np.random.default_rng(seed)
    chance = rng.uniform(0.1, 0.9, candidates)
    return pd.DataFrame(
        {"chance": chance, "r": np.where(rng.random(candidates) < chance, 1.0, -1.0)}
    )


def test_kept_promises_lie_on_the_diagonal() -> None:
    bins = calibration(judged(5000))
    assert [one.candidates for one in bins] == [1000] * 5
    assert [one.won for one in bins] == pytest.approx([one.promised for one in bins], abs=0.05)
    assert all(one.low < one.won < one.high for one in bins)


def test_promises_of_a_coin_are_seen_through() -> None:
    table = judged(5000)
    table["r"] = np.random.default_rng(2).permutation(table["r"])
    bins = calibration(table)
    assert np.ptp([one.won for one in bins]) < 0.1 < np.ptp([one.promised for one in bins])


def test_fewer_candidates_than_bins() -> None:
    assert [one.candidates for one in calibration(judged(3))] == [1, 1, 1]


@pytest.mark.parametrize(("wins", "of"), [(0, 1), (0, 7), (5, 5), (3, 8), (2500, 5000)])
def test_the_interval_is_wilsons(wins: int, of: int) -> None:
    theirs = binomtest(wins, of).proportion_ci(method="wilson")
    assert wilson(wins, of) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_a_picture(tmp_path: Path) -> None:
    file = draw([("2021", judged(50)), ("2022", judged(60))], tmp_path / "img" / "calibration.png")
    assert file.read_bytes().startswith(b"\x89PNG")
