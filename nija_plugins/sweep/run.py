"""Cases on Dask's workers: this machine's own, or a cluster that somebody has."""

import logging
import signal
import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker

import dask
from distributed import Client, KilledWorker, LocalCluster, as_completed
from distributed.client import FutureCancelledError
from distributed.comm.core import CommClosedError

from nija_plugins.brief import told
from nija_plugins.sweep.cases import Case
from nija_plugins.sweep.figures import Row
from nija_plugins.sweep.parcel import Parcel
from nija_plugins.sweep.worker import OtherCode, backtest

PATIENCE = 5
"""Seconds a scheduler has to answer."""
FOR_WORKERS = 30
"""Seconds until a worker must be there."""

WATCHED_LESS = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.worker.memory.monitor-interval": "2s",
}
"""For dashboards that nobody looks at here, a worker would spend a tenth of its time."""


class NoCluster(RuntimeError):
    """The scheduler cannot be reached, has no worker, was lost, or has workers with other code."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A case that raised, and what it said in one line."""

    case: Case
    why: str


@contextmanager
def cluster(scheduler: str | None, processes: int | None) -> Iterator[Client]:
    """A client of the scheduler at that address, or of `processes` workers (None: a worker for each
    core) on this machine for as long as the context lasts. Raises NoCluster."""
    _hush()
    with ExitStack() as stack:
        address: str | LocalCluster = scheduler or stack.enter_context(_local(processes))
        try:
            client = stack.enter_context(Client(address, timeout=PATIENCE))
        except (OSError, ValueError, CommClosedError) as error:
            raise NoCluster(
                f"No Dask scheduler answers at {scheduler}: {_reason(error)}. Start one with: "
                "dask scheduler"
            ) from None
        try:
            client.wait_for_workers(1, timeout=FOR_WORKERS)
        except TimeoutError:
            raise NoCluster(
                f"The scheduler at {scheduler} has no worker after {FOR_WORKERS} s. Start some "
                f"with: dask worker {scheduler} --nthreads 1"
            ) from None
        yield client


def _hush() -> None:
    """A worker that dies is no news, and what else ends a sweep is told in a line."""
    for name in [one for one in logging.root.manager.loggerDict if one.startswith("distributed")]:
        logging.getLogger(name).setLevel(logging.CRITICAL)


@contextmanager
def _local(processes: int | None) -> Iterator[LocalCluster]:
    with ExitStack() as stack:
        scratch = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="nija-sweep-", ignore_cleanup_errors=True)
        )
        # Entered while nothing is heard: a Ctrl-C from meanwhile comes when the cluster can end.
        with dask.config.set(WATCHED_LESS), _deaf_children():
            local = stack.enter_context(
                LocalCluster(
                    n_workers=processes,
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address=None,
                    # It serves its state all the same, on loopback: on any port, not on Dask's
                    # 8787, of which a second sweep would be warned.
                    scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
                    local_directory=scratch,
                    silence_logs=logging.CRITICAL,
                )
            )
        yield local


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Threads and processes begun meanwhile, and what they begin, hear no Ctrl-C: a terminal sends
    it to all of them, and it is ours to end them. We hear it when the context ends."""
    resource_tracker.ensure_running()  # whose start would make them hear again
    heard: list[int] = []
    # A thread from before may be given it, and would interrupt us in the middle.
    handler = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        signal.signal(signal.SIGINT, handler)
        if heard:
            signal.raise_signal(signal.SIGINT)


def run_all(client: Client, cases: Sequence[Case], parcel: Parcel) -> Generator[Row | Failed]:
    """What every case came to, in the order they end; each once, whichever workers die.

    Raises NoCluster when the scheduler is lost and when a worker has other code. What is not done
    when the iteration ends early is cancelled.
    """
    # A task, not scattered data: it can be made again when every worker that had it has died.
    sent = client.submit(_unchanged, parcel, key=f"nija-parcel-{parcel.basis[:32]}")
    by_key = {f"nija-sweep-{case.key}": case for case in cases}
    futures = client.map(backtest, list(by_key.values()), parcel=sent, key=list(by_key))
    try:
        for future in as_completed(futures):
            yield _outcome(future, by_key[future.key])
            future.release()
    finally:
        with suppress(Exception):  # the scheduler may be gone
            client.cancel([*futures, sent], asynchronous=False)


def _unchanged(parcel: Parcel) -> Parcel:
    return parcel


def _outcome(future: object, case: Case) -> Row | Failed:
    try:
        found: Row = future.result(timeout=PATIENCE)  # type: ignore[attr-defined]
    except OtherCode as error:
        raise NoCluster(
            f"A worker refuses: {error} there. Install what is installed here on every worker."
        ) from None
    except (FutureCancelledError, CommClosedError):
        raise NoCluster("The scheduler is gone; run the same again to go on.") from None
    except KilledWorker as error:
        died = error.allowed_failures + 1
        return Failed(case, f"{died} workers died while running it; did they run out of memory?")
    except Exception as error:
        return Failed(case, told(error))
    return found


def _reason(error: BaseException) -> str:
    return str(error).partition("\n")[0].rstrip(".") or type(error).__name__
