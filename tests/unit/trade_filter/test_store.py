"""Models on disk: found again without a fit, and never opened when they are not ours."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nija_plugins.trade_filter import store
from nija_plugins.trade_filter.features import NAMES
from nija_plugins.trade_filter.model import Model, fit
from tests.unit.trade_filter.test_model import candidates


class Fits:
    """Counts how often a model had to be fitted."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> Model:
        self.count += 1
        return fit(*candidates(200, skill=1.0))


@pytest.fixture
def forget(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Forgets what this process remembers, as a new one would."""
    monkeypatch.setattr(store, "_recent", type(store._recent)())
    return store._recent.clear


def test_a_model_is_fitted_once_and_found_by_another_process(tmp_path: Path, forget) -> None:
    fits = Fits()
    model = store.fetched("a", tmp_path, fits)
    assert store.fetched("a", tmp_path, fits) is model
    forget()
    again = store.fetched("a", tmp_path, fits)
    assert fits.count == 1
    features = np.random.default_rng(3).normal(size=(50, len(NAMES)))
    scores = model.score(features)
    assert (again.score(features) == scores).all()
    assert (again.win_probability(scores) == model.win_probability(scores)).all()
    assert (again.rank(scores) == model.rank(scores)).all()
    store.fetched("b", tmp_path, fits)
    assert fits.count == 2
    assert sorted(path.name for path in tmp_path.glob("*.json")) == ["a.json", "b.json"]
    assert not list(tmp_path.glob("*.tmp"))


class Evil:
    """What a pickle would run when it is opened."""

    def __reduce__(self):
        return (pytest.fail, ("a file was trusted",))


def _another_model(path: Path) -> None:
    store.fetched("other", path.parent, Fits())
    (path.parent / "other.json").replace(path)


def _half_of_it(path: Path) -> None:
    _another_model(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _another_digit(path: Path) -> None:
    """Still JSON, and still a model, but not the one that was fitted."""
    store.fetched("a", path.parent, Fits())
    content = json.loads(path.read_text())
    content["weights"][0] *= 10
    path.write_text(json.dumps(content))


def _no_number(path: Path) -> None:
    store.fetched("a", path.parent, Fits())
    content = json.loads(path.read_text())
    content["scale"][0] = float("nan")
    path.write_text(json.dumps(content))


FOREIGN: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("not a model"),
    "half": _half_of_it,
    "another digit": _another_digit,
    "no number": _no_number,
    "pickle": lambda path: path.write_bytes(pickle.dumps(Evil())),
    "another model": _another_model,
    "a list": lambda path: path.write_text("[1, 2]"),
    "more than a model": lambda path: path.write_text('{"key": "a", "more": 1}'),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_what_is_not_ours_is_set_aside_and_fitted_again(
    tmp_path: Path, forget, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    FOREIGN[kind](tmp_path / "a.json")
    forget()
    fits = Fits()
    store.fetched("a", tmp_path, fits)
    assert fits.count == 1
    assert "set aside" in caplog.text
    assert (tmp_path / "a.refused").exists()
    forget()
    store.fetched("a", tmp_path, fits)
    assert fits.count == 1, "the new file is good"


def test_where_nothing_can_be_written_the_model_lives_in_memory(tmp_path: Path, forget) -> None:
    (tmp_path / "file").write_text("")
    fits = Fits()
    store.fetched("a", tmp_path / "file" / "models", fits)
    store.fetched("a", tmp_path / "file" / "models", fits)
    assert fits.count == 1


def test_the_name_changes_with_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    store.code.cache_clear()
    before = store.code()
    store.code.cache_clear()
    monkeypatch.setattr(Path, "read_bytes", lambda self: b"other")
    assert store.code() != before
    store.code.cache_clear()
