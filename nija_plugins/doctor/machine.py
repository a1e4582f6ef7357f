"""The machine: versions, disk, port."""

import errno
import importlib
import importlib.metadata
import shutil
import socket
import sys
from collections.abc import Iterator

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from nija_plugins.doctor.context import Context
from nija_plugins.doctor.finding import Finding, failed, ok, warning
from nija_plugins.venue.address import HOST

INSTALL = "Install what NIJA needs: python -m pip install -c constraints.txt -e ."
SHOWN = ("freqtrade", "TA-Lib", "scikit-learn", "pluggy")
LITTLE_DISK = 1024**3
"""Bytes below which a warning is due: a month of logs and candles."""
NO_DISK = 100 * 1024**2
"""Bytes below which the database and the state file may soon fail."""


def versions(_context: Context) -> Iterator[Finding]:
    """Python and every dependency against the floors in pyproject.toml, as installed."""
    try:
        ours = importlib.metadata.metadata("nija-micro")
    except importlib.metadata.PackageNotFoundError:
        yield failed("NIJA itself is not installed in this Python.", INSTALL)
        return
    python = ".".join(map(str, sys.version_info[:3]))
    wanted = ours["Requires-Python"]
    good = [f"Python {python}"]
    if not SpecifierSet(wanted).contains(python, prereleases=True):
        yield failed(
            f"This is Python {python}, NIJA needs {wanted}.",
            "Make a new environment with it, such as: make PYTHON=python3.12 demo",
        )
    for text in ours.get_all("Requires-Dist") or []:
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            yield failed(f"{requirement.name} is not installed.", INSTALL)
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            yield failed(
                f"{requirement.name} {found} is too old, NIJA needs {requirement.specifier}.",
                INSTALL,
            )
        elif requirement.name in SHOWN:
            good.append(f"{requirement.name} {found}")
    yield from _talib()
    yield ok(", ".join(good))


def _talib() -> Iterator[Finding]:
    """TA-Lib is a C library that can be there and still not load."""
    try:
        importlib.import_module("talib")
    except Exception as error:
        yield failed(f"TA-Lib cannot be loaded: {type(error).__name__}: {error}", INSTALL)


def disk(context: Context) -> Iterator[Finding]:
    """Free space where freqtrade writes."""
    folder = context.user_data.absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    size = f"{free / 1024**3:.1f} GB" if free >= LITTLE_DISK else f"{free / 1024**2:.0f} MB"
    advice = "Make room: old logs, backtest_results and hyperopt_results in user_data can go."
    if free < NO_DISK:
        yield failed(f"Only {size} free: trades and tier may not be saved.", advice)
    elif free < LITTLE_DISK:
        yield warning(f"Only {size} free.", advice)
    else:
        yield ok(f"{size} free")


def port(context: Context) -> Iterator[Finding]:
    """Whether `nija offline` and `nija demo` find their port free."""
    where = f"Port {context.port} on {HOST}"
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the server does: a connection that has just ended does not keep it.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, context.port))
        except OSError as error:
            busy = error.errno == errno.EADDRINUSE
            yield warning(
                f"{where} {'is in use' if busy else f'cannot be had: {error.strerror}'}.",
                "Perhaps `nija offline` runs already; if not, choose another port with "
                f"nija offline --port {context.port + 1} ...",
            )
            return
    yield ok(f"{where} is free for `nija offline`")
