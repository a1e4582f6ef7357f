"""Fitted models on disk, found by the content they were fitted to.

A model is a pure function of its training data and of this code, so its name is a hash of both: a
second backtest, a hyperopt epoch or a restarted bot finds it and fits nothing. Files are JSON with
a hash of what they say: one that is damaged, or another model's, is not used.
"""

import logging
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict

from nija_plugins.brief import told
from nija_plugins.candles.history import digest
from nija_plugins.trade_filter.model import Model, Regression

logger = logging.getLogger(__name__)

PATIENCE = 60
"""Seconds to wait for another process that fits the same model."""
REMEMBERED = 256
"""Models kept in this process, so that a file is opened once."""

_recent: OrderedDict[str, Model] = OrderedDict()


class Stored(BaseModel):
    """A model as it is written: the fields of `Model` and `Regression`, its key, and a hash of all
    of them, since one changed digit would make another model that looks as good."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    key: str
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    slope: float
    intercept: float
    out_of_fold: tuple[float, ...]
    hash: str = ""

    @classmethod
    def of(cls, key: str, model: Model) -> "Stored":
        """`model` under its `key`."""
        line = model.regression
        stored = cls(
            key=key,
            mean=tuple(line.mean.tolist()),
            scale=tuple(line.scale.tolist()),
            weights=tuple(line.weights.tolist()),
            slope=model.slope,
            intercept=model.intercept,
            out_of_fold=tuple(model.out_of_fold.tolist()),
        )
        return stored.model_copy(update={"hash": stored._hash()})

    def model(self, key: str) -> Model:
        """The model called `key`. Raises ValueError when it is another one, or damaged."""
        if self.key != key:
            raise ValueError("it is another model")
        if self.hash != self._hash():
            raise ValueError("it is damaged")
        line = Regression(*map(np.array, (self.mean, self.scale, self.weights)))
        return Model(line, self.slope, self.intercept, np.array(self.out_of_fold))

    def _hash(self) -> str:
        return digest(self.model_dump(exclude={"hash"}))


@cache
def code() -> str:
    """A hash of what turns candles into a model: this package's source, and scikit-learn's
    version."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return digest(version("scikit-learn"), [path.read_bytes() for path in sources])


def fetched(key: str, folder: Path | None, fit: Callable[[], Model]) -> Model:
    """The model called `key`: from memory, from `folder`, or fitted and kept there.

    `fit` may raise TooFew. Where the folder cannot be written, the model lives in memory alone.
    """
    model = _recent.get(key)
    if model is None:
        model = fit() if folder is None else _from(folder, key, fit)
        _recent[key] = model
    _recent.move_to_end(key)
    while len(_recent) > REMEMBERED:
        _recent.popitem(last=False)
    return model


def _from(folder: Path, key: str, fit: Callable[[], Model]) -> Model:
    path = folder / f"{key}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock", timeout=PATIENCE)
        lock.acquire()
    except (OSError, Timeout) as error:
        logger.warning("The AI filter's models are not kept: %s", error)
        return fit()
    try:
        model = _read(path, key)
        if model is None:
            model = fit()
            _write(path, key, model)
        return model
    finally:
        lock.release()


def _read(path: Path, key: str) -> Model | None:
    """The model in `path`; None, and the file set aside, when it is not one of ours."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        logger.warning("%s cannot be read and its model is fitted again: %s", path, error)
        return None
    try:
        return Stored.model_validate_json(data).model(key)
    except ValueError as error:
        aside = path.with_suffix(".refused")
        path.replace(aside)
        logger.warning(
            "%s is no model of the AI filter's (%s): set aside as %s, fitted again.",
            path,
            told(error),
            aside.name,
        )
        return None


def _write(path: Path, key: str, model: Model) -> None:
    """Whole or not at all; a full disk costs the next start a fit, not this one its model."""
    text = Stored.of(key, model).model_dump_json()
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as file:
            file.write(text.encode())
        Path(file.name).replace(path)
    except OSError as error:
        logger.warning("The AI filter's model is not kept: %s", error)
