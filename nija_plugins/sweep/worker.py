"""What a Dask worker does: it unpacks a parcel once, keeps freqtrade warm, and backtests cases.

freqtrade keeps state in globals, so a process backtests one case at a time, whatever its threads.
"""

import json
import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import Any

from distributed import get_worker

from nija_plugins.research.engine import OVERLAYS, Engine, quick, simulated
from nija_plugins.sweep.cases import Case, Values
from nija_plugins.sweep.figures import Row, row
from nija_plugins.sweep.parcel import CONFIGURATION, PARAMETERS, STRATEGY, Parcel, code_of
from nija_plugins.venue.market.candles import SyntheticCandles

_turn = Lock()
_place: list["Place"] = []
"""This process's only one, once there is one."""


class OtherCode(RuntimeError):
    """This worker would backtest with another NIJA, freqtrade or plugin than who asks it to."""


class Place:
    """A folder with a parcel's content and an engine over it, until it is closed."""

    def __init__(self, parcel: Parcel, folder: Path) -> None:
        self.basis = parcel.basis
        self._open = ExitStack()
        self._open.callback(shutil.rmtree, folder, ignore_errors=True)
        try:
            self._unpack(parcel, folder)
            # Rules and fees are the simulated exchange's, candles come from the parcel.
            self._open.enter_context(simulated(SyntheticCandles()))
            self._open.enter_context(quick())
            self._engine = Engine(folder)
        except BaseException:
            self.close()
            raise

    def _unpack(self, parcel: Parcel, folder: Path) -> None:
        self._folder, self._datadir = folder, folder / "candles"
        self._shipped = dict(parcel.files)
        self._datadir.mkdir(parents=True)
        for name, text in parcel.files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        for name, content in parcel.candles:
            (self._datadir / name).write_bytes(content)
        # The parcel's configuration has the overlay in it already.
        for exchange, name in OVERLAYS.items():
            (folder / name).write_text(json.dumps({"exchange": {"name": exchange}}))
        section = json.loads(self._shipped[CONFIGURATION])["nija"]
        if code_of(folder / "user_data/plugins", section) != parcel.code:
            raise OtherCode("another version of NIJA, freqtrade or a plugin package is installed")

    def backtest(self, case: Case) -> Row:
        """What `case` comes to."""
        self._write_parameters(case.parameters.strategy)
        begun = perf_counter()
        with _quiet():
            outcome = self._engine.backtest(
                case.timerange,
                datadir=self._datadir,
                exchange=case.exchange,
                wallet=case.wallet,
                nija=dict(case.parameters.nija),
            )
        return row(case, outcome, perf_counter() - begun)

    def _write_parameters(self, values: Values) -> None:
        """What freqtrade takes for hyperopt's choice: the house's own, and `values` over it."""
        file = self._folder / PARAMETERS
        shipped = self._shipped.get(PARAMETERS)
        if not values and shipped is None:
            file.unlink(missing_ok=True)
            return
        content: dict[str, Any] = json.loads(shipped) if shipped else {"strategy_name": STRATEGY}
        spaces = content.setdefault("params", {})
        for name, value in values:
            space, _, own = name.partition(".")
            spaces.setdefault(space, {})[own] = value
        file.write_text(json.dumps(content), encoding="utf-8")

    def close(self) -> None:
        """The folder goes, and what was changed in this process comes back."""
        self._open.close()


def backtest(case: Case, parcel: Parcel) -> Row:
    """Runs on a worker. Raises OtherCode when its code is not that of `parcel`."""
    with _turn:
        if not _place or _place[0].basis != parcel.basis:
            close()
            _place.append(Place(parcel, _folder()))
        return _place[0].backtest(case)


def close() -> None:
    """Leaves the place of this process, if it has one."""
    while _place:
        _place.pop().close()


def _folder() -> Path:
    """An empty one in Dask's scratch space, which is cleared also when a worker was killed."""
    try:
        scratch = get_worker().local_directory
    except ValueError:  # not on a worker
        scratch = None
    return Path(tempfile.mkdtemp(prefix="nija-sweep-", dir=scratch))


@contextmanager
def _quiet() -> Iterator[None]:
    """freqtrade's log, but for errors, belongs in no worker's."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
