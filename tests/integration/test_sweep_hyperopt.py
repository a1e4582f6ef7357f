"""`nija hyperopt`: freqtrade's own, on workers that share no folder with it."""

import json
import os
import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nija_plugins.venue.market.files import write_synthetic_candles
from tests.conftest import nija
from tests.integration.dask_processes import NIJA, Cluster, process

pytestmark = pytest.mark.xdist_group("sweep")

EPOCHS = 12
OPTIONS = (
    *("--strategy", "NijaMicro", "--timerange", "20240301-20240501", "--epochs", str(EPOCHS)),
    *("--random-state", "5", "--min-trades", "1", "--disable-param-export"),
    *("-c", "user_data/config.json", "-c", "config.kraken.json"),
)


def until(results: Path, count: int, hyperopt: "subprocess.Popen[str]") -> None:
    """Waits for `count` epochs."""
    for _ in range(1800):
        if sum(len(file.read_text().splitlines()) for file in results.glob("*.fthypt")) >= count:
            return
        assert hyperopt.poll() is None, hyperopt.communicate()
        time.sleep(0.05)
    raise AssertionError("no progress")


def epochs(house: Path) -> dict[str, tuple[float, int, float]]:
    """(loss, trades, final balance) by parameters of the only run; it is taken away."""
    (written,) = (house / "user_data/hyperopt_results").glob("*.fthypt")
    found = {}
    for line in written.read_text().splitlines():
        epoch = json.loads(line)
        metrics = epoch["results_metrics"]
        key = json.dumps(epoch["params_dict"], sort_keys=True)
        found[key] = (epoch["loss"], metrics["total_trades"], metrics["final_balance"])
    written.unlink()
    return found


@pytest.mark.slow
def test_with_a_worker_killed_it_says_what_freqtrade_says_alone(
    house: Path, free_port: int, cluster: Cluster
) -> None:
    first, end = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 5, 2, tzinfo=UTC)
    write_synthetic_candles(house / "user_data/data/kraken", first, end)
    plugin = house / "user_data/plugins/half.py"
    plugin.write_text(
        "from nija_plugins import hookimpl\n\n\n@hookimpl\n"
        "def nija_veto(request):\n"
        "    return 'No entry on odd days.' if request.time.day % 2 else None\n"
    )
    plain = nija(house, "offline", "--port", str(free_port), "hyperopt", "-j", "1", *OPTIONS)
    assert plain.returncode == 0, plain.stdout + plain.stderr
    alone = epochs(house)

    workers = [cluster.worker(), cluster.worker()]
    words = (NIJA, "hyperopt", "--scheduler", cluster.address, "--offline", *OPTIONS)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with process(*words, cwd=house, env={"AI_TRADE_FILTER": "false"}, **pipes) as hyperopt:
        until(house / "user_data/hyperopt_results", 3, hyperopt)
        (house / "user_data/plugins").rename(house / "gone")
        os.kill(workers[0].pid, signal.SIGKILL)
        said, problems = hyperopt.communicate(timeout=300)
    assert hyperopt.returncode == 0, said + problems
    assert workers[0].wait() == -signal.SIGKILL
    assert epochs(house) == alone
    assert len(alone) == EPOCHS
