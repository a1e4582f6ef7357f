"""hyperopt: the same parameters give the same result, whatever ran before and in which process."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nija_plugins.venue.market.files import write_synthetic_candles
from tests.conftest import nija

EPOCHS = 20


def epochs(house: Path, port: int, jobs: int, seed: int) -> dict[str, tuple[float, int, float]]:
    """(loss, trades, final balance) by parameters of one hyperopt run over two months."""
    results = house / "user_data" / "hyperopt_results"
    before = set(results.glob("*.fthypt"))
    ran = nija(
        house,
        *("offline", "--exchange", "kraken", "--port", str(port)),
        *("hyperopt", "--strategy", "NijaMicro", "--timerange", "20240301-20240501"),
        *("--epochs", str(EPOCHS), "-j", str(jobs), "--random-state", str(seed)),
        *("--min-trades", "1", "--disable-param-export"),
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (written,) = set(results.glob("*.fthypt")) - before
    found = {}
    for line in written.read_text().splitlines():
        epoch = json.loads(line)
        metrics = epoch["results_metrics"]
        key = json.dumps(epoch["params_dict"], sort_keys=True)
        found[key] = (epoch["loss"], metrics["total_trades"], metrics["final_balance"])
    return found


@pytest.mark.xdist_group("two cores")
def test_one_process_and_two_agree(house: Path, free_port: int) -> None:
    """With two workers the epochs are dealt out in another order to other strategy objects."""
    write_synthetic_candles(
        house / "user_data/data/kraken",
        datetime(2024, 1, 1, tzinfo=UTC),
        datetime(2024, 5, 2, tzinfo=UTC),
    )
    alone = epochs(house, free_port, jobs=1, seed=5)
    shared = epochs(house, free_port, jobs=2, seed=5)
    assert alone == shared
    assert len(alone) == EPOCHS
    assert len(set(alone.values())) > EPOCHS / 2, "the spaces change nothing"
    regimes = {"trending_up", "breakout", "ranging"}
    turned = {"scores", "targets", "stops", "trails"} | regimes
    assert all(set(json.loads(key)) == turned for key in alone)
