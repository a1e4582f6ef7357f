"""The machine: versions, disk, port."""

import importlib.metadata
import shutil
import socket
from types import SimpleNamespace

import pytest

from nija_plugins.doctor import Level, machine
from tests.unit.doctor.looking import Look, only


def test_versions_of_this_environment(look: Look) -> None:
    text = only(look("versions"), Level.OK)
    for name in ("Python 3.", "freqtrade 20", "TA-Lib", "scikit-learn", "pluggy"):
        assert name in text


def test_versions_below_the_floor(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.metadata.version

    def version(name: str) -> str:
        if name == "TA-Lib":
            raise importlib.metadata.PackageNotFoundError(name)
        return {"freqtrade": "2025.1", "pluggy": "1.0"}.get(name) or real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setattr(machine.sys, "version_info", (3, 10, 4, "final", 0))
    texts = [f.text for f in look("versions") if f.level is Level.FAILED]
    assert any("Python 3.10.4, NIJA needs >=3.11" in text for text in texts)
    assert "freqtrade 2025.1 is too old, NIJA needs >=2026.9." in texts
    assert "TA-Lib is not installed." in texts
    assert len(texts) == 4


def test_a_ta_lib_that_does_not_load(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    def import_module(name: str) -> None:
        raise ImportError(f"lib{name}.so: cannot open shared object file")

    monkeypatch.setattr(machine.importlib, "import_module", import_module)
    assert any("TA-Lib cannot be loaded" in f.text for f in look("versions"))


def test_without_nija_installed(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    def metadata(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "metadata", metadata)
    assert "pip install" in only(look("versions"), Level.FAILED)


@pytest.mark.parametrize(
    ("free", "level", "text"),
    [
        (5 * 1024**3, Level.OK, "5.0 GB"),
        (500 * 1024**2, Level.WARNING, "500 MB"),
        (50 * 1024**2, Level.FAILED, "50 MB"),
    ],
)
def test_free_disk(
    look: Look, monkeypatch: pytest.MonkeyPatch, free: int, level: Level, text: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert text in only(look("disk"), level)


def test_the_port(look: Look, free_port: int) -> None:
    only(look("port", port=free_port), Level.OK)
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", free_port))
        somebody.listen()
        text = only(look("port", port=free_port), Level.WARNING)
    assert f"--port {free_port + 1}" in text
