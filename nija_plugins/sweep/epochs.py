"""What a Dask worker does for freqtrade's hyperopt: an epoch at a time, each with a fresh copy of
the optimizer, as a process of joblib's own would have."""

import logging
import pickle
import shutil
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any

from distributed import Worker, WorkerPlugin

from nija_plugins.sweep.parcel import code_of
from nija_plugins.sweep.worker import OtherCode

_turn = Lock()
_here: dict[str, "Luggage"] = {}
"""What this process has received, by name."""


class Luggage(WorkerPlugin):
    """Travels through Dask to every worker, also to one that comes later: `files` below user_data,
    the candles that freqtrade prepared among them, and the pickled `optimizer`, whose paths are
    relative to user_data. `code` is what `parcel.code_of` says where it comes from."""

    def __init__(
        self,
        name: str,
        code: str,
        section: dict[str, Any],
        files: dict[str, bytes],
        optimizer: bytes,
    ) -> None:
        self.name = name
        self._code, self._section = code, section
        self._files, self._optimizer = files, optimizer
        self._folder = Path()

    def setup(self, worker: Worker) -> None:
        """Unpacks it. Raises OtherCode."""
        self._folder = Path(worker.local_directory) / self.name
        for name, content in self._files.items():
            (self._folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self._folder / name).write_bytes(content)
        if code_of(self._folder / "plugins", self._section) != self._code:
            raise OtherCode("another version of NIJA, freqtrade or a plugin package is installed")
        _here[self.name] = self

    def teardown(self, worker: Worker) -> None:  # noqa: ARG002
        """Leaves nothing behind."""
        _here.pop(self.name, None)
        shutil.rmtree(self._folder, ignore_errors=True)

    def optimizer(self) -> Any:
        """A fresh copy of freqtrade's HyperOptimizer."""
        return _Unpickler(BytesIO(self._optimizer), self._folder).load()


class _Unpickler(pickle.Unpickler):
    """Paths below user_data were sent relative to it."""

    def __init__(self, content: BytesIO, user_data: Path) -> None:
        super().__init__(content)
        self._user_data = user_data

    def persistent_load(self, pid: Any) -> Path:
        """The path here."""
        return self._user_data / str(pid)


def epoch(name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """What freqtrade's optimizer, received as `name`, says of `parameters`. freqtrade keeps state
    in globals, so one runs at a time in a process."""
    with _turn:
        before = logging.root.manager.disable
        logging.disable(logging.WARNING)
        try:
            found: dict[str, Any] = _here[name].optimizer().generate_optimizer(parameters)
        finally:
            logging.disable(before)
    return found
