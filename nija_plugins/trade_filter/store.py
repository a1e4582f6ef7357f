"""Fitted models on disk, found by the content they were fitted to.

A model is a pure function of its training data and of this code, so its name is a hash of both: a
second backtest, a hyperopt epoch or a restarted bot finds it and fits nothing. Files are skops
archives; one that is damaged, or names a type that skops does not trust, is never opened further.
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

from nija_plugins.candles.history import digest
from nija_plugins.trade_filter.model import Model

logger = logging.getLogger(__name__)

PATIENCE = 60
"""Seconds to wait for another process that fits the same model."""
REMEMBERED = 256
"""Models kept in this process, so that a file is opened once."""

_recent: OrderedDict[str, Model] = OrderedDict()


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
    path = folder / f"{key}.skops"
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
    import skops.io  # a second of every start, and only a filter that is asked needs it

    try:
        unknown = skops.io.get_untrusted_types(data=data)
        if unknown:
            raise ValueError(f"it contains {', '.join(unknown)}")
        return _model(skops.io.loads(data), key)
    except Exception as error:  # damaged bytes make a zip archive raise nearly anything
        aside = path.with_suffix(".refused")
        path.replace(aside)
        logger.warning(
            "%s is no model of the AI filter's (%s): set aside as %s, fitted again.",
            path,
            error,
            aside.name,
        )
        return None


def _model(content: object, key: str) -> Model:
    """Raises ValueError or KeyError when `content` is not what `_write` writes."""
    from sklearn.pipeline import Pipeline

    if not isinstance(content, dict) or content["key"] != key:
        raise ValueError("it is another model")
    pipeline, scores = content["pipeline"], content["out_of_fold"]
    numbers = (content["slope"], content["intercept"])
    if not isinstance(pipeline, Pipeline) or not all(isinstance(n, float) for n in numbers):
        raise ValueError("it is not a pipeline with its calibration")
    if not isinstance(scores, np.ndarray) or scores.ndim != 1 or not len(scores):
        raise ValueError("it has no out-of-fold scores")
    if not np.isfinite([*numbers, *scores]).all() or numbers[0] < 0:
        raise ValueError("its calibration is not finite")
    return Model(pipeline, numbers[0], numbers[1], np.sort(scores.astype(np.float64)))


def _write(path: Path, key: str, model: Model) -> None:
    """Whole or not at all; a full disk costs the next start a fit, not this one its model."""
    import skops.io

    content = {
        "key": key,
        "pipeline": model.pipeline,
        "slope": model.slope,
        "intercept": model.intercept,
        "out_of_fold": model.out_of_fold,
    }
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as file:
            file.write(skops.io.dumps(content))
        Path(file.name).replace(path)
    except OSError as error:
        logger.warning("The AI filter's model is not kept: %s", error)
