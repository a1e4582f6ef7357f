"""freqtrade's own hyperopt, its epochs on Dask's workers through joblib's backend.

    python -m nija_plugins.sweep.hyperopt tcp://10.0.0.5:8786 hyperopt --strategy NijaMicro ...

freqtrade asks joblib for processes without naming a backend, so joblib's is the one that is set
around it. What is replaced is how an epoch gets its optimizer and candles: freqtrade pickles the
one for each epoch and reads the other from a file, whose path means nothing on another machine.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import cloudpickle
from distributed import Client
from freqtrade.exceptions import OperationalException
from freqtrade.optimize.hyperopt.hyperopt_optimizer import HyperOptimizer
from joblib import delayed, parallel_config
from joblib._dask import DaskDistributedBackend

from nija_plugins.sweep.epochs import Luggage, epoch
from nija_plugins.sweep.parcel import code_of, section_of
from nija_plugins.sweep.run import FOR_WORKERS, NoCluster, cluster
from nija_plugins.sweep.worker import OtherCode
from nija_plugins.venue.run_freqtrade import run

FOLDERS = ("plugins", "strategies", "hyperopts")
"""Of user_data: what an epoch may import."""


class _Pickler(cloudpickle.Pickler):
    """Sends paths below `user_data` relative to it."""

    def __init__(self, content: BytesIO, user_data: Path) -> None:
        super().__init__(content)
        self._user_data = user_data

    def persistent_id(self, obj: Any) -> str | None:
        """The path there; None for anything else."""
        if isinstance(obj, Path) and obj.is_relative_to(self._user_data):
            return obj.relative_to(self._user_data).as_posix()
        return None


class _Backend(DaskDistributedBackend):
    """joblib's, but for a cluster with one thread, whose epochs it would run in this process."""

    def effective_n_jobs(self, n_jobs: int) -> int:
        """How many epochs are handed out at once."""
        return max(2, int(super().effective_n_jobs(n_jobs)))


def luggage(optimizer: Any) -> Luggage:
    """What workers need for the epochs of freqtrade's `optimizer`, once it has prepared its
    candles. Raises OperationalException for what they cannot do."""
    config = optimizer.config
    if optimizer.analyze_per_epoch:
        raise OperationalException(
            "--analyze-per-epoch reads stored candles in every epoch, and workers have none: leave "
            "it out, or run freqtrade hyperopt on this machine."
        )
    user_data = Path(config["user_data_dir"])
    files = {
        file.relative_to(user_data).as_posix(): file.read_bytes()
        for folder in FOLDERS
        for file in sorted((user_data / folder).rglob("*.py"))
    }
    candles = Path(optimizer.data_pickle_file)
    files[candles.relative_to(user_data).as_posix()] = candles.read_bytes()
    section = section_of(config)
    content = BytesIO()
    _Pickler(content, user_data).dump(optimizer)
    pickled = content.getvalue()
    digest = sha256(pickled + candles.read_bytes()).hexdigest()[:16]
    code = code_of(user_data / "plugins", section)
    return Luggage(f"nija-hyperopt-{digest}", code, section, files, pickled)


@contextmanager
def on(client: Client) -> Iterator[None]:
    """freqtrade's hyperopt runs its epochs on the workers of `client` while this lasts."""
    prepare, wrapped = HyperOptimizer.prepare_hyperopt, HyperOptimizer.generate_optimizer_wrapped
    sent: list[str] = []

    def prepare_and_send(self: Any) -> None:
        prepare(self)
        packed = luggage(self)
        try:
            client.register_plugin(packed, name=packed.name)
        except OtherCode as error:
            # freqtrade tells this in a line, and others with a traceback.
            raise OperationalException(f"A worker refuses: {error} there.") from None
        sent.append(packed.name)

    HyperOptimizer.prepare_hyperopt = prepare_and_send
    HyperOptimizer.generate_optimizer_wrapped = lambda _, values: delayed(epoch)(sent[-1], values)
    try:
        with parallel_config(_Backend(client=client, wait_for_workers_timeout=FOR_WORKERS)):
            yield
    finally:
        HyperOptimizer.prepare_hyperopt = prepare
        HyperOptimizer.generate_optimizer_wrapped = wrapped
        with suppress(Exception):  # the scheduler may be gone
            for name in sent:
                client.unregister_worker_plugin(name)


def main(scheduler: str, arguments: Sequence[str]) -> int:
    """freqtrade's exit code; 1 when the cluster is not there or does not fit."""
    try:
        with cluster(scheduler, None) as client, on(client):
            return run(arguments)
    except NoCluster as error:
        sys.stderr.write(f"nija hyperopt: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
