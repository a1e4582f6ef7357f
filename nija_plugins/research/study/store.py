"""Finished backtests on disk, each under a hash of everything that decides it.

An interrupted run goes on where it stopped, and nothing old is ever taken for new: the hash covers
the case, NIJA's sources, the shipped configuration, the candles and freqtrade's version.
"""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nija_plugins
from nija_plugins.research.study.case import Case
from nija_plugins.research.study.engine import SHIPPED, STRATEGY

DECIDING = ("engine.py", "figures.py", "experiments/", "references/")
"""What of this folder decides a backtest's figures; of the package, everything but the commands."""
COMMANDS = ("cli/", "doctor/", "research/")


class Store:
    """Figures of cases in `folder`; `basis` is `basis_of(...)`."""

    def __init__(self, folder: Path, basis: str) -> None:
        self._folder, self._basis = folder, basis
        folder.mkdir(parents=True, exist_ok=True)

    def find(self, case: Case) -> dict[str, Any] | None:
        """The figures of `case` if it has been run on this very basis."""
        try:
            found: dict[str, Any] = json.loads(self._file(case).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found

    def keep(self, case: Case, figures: dict[str, Any]) -> None:
        """Writes whole or not at all."""
        file = self._file(case)
        unfinished = file.with_suffix(".part")
        unfinished.write_text(json.dumps(figures), encoding="utf-8")
        unfinished.replace(file)

    def _file(self, case: Case) -> Path:
        key = hashlib.sha256(f"{self._basis}\n{case.identity}".encode()).hexdigest()
        return self._folder / f"{key[:24]}.json"


def basis_of(root: Path, datadir: Path) -> str:
    """A hash of what decides every case: sources, shipped configuration, candles, freqtrade."""
    digest = hashlib.sha256(version("freqtrade").encode())
    package = Path(str(nija_plugins.__file__)).parent
    for file in sorted(package.rglob("*.py")):
        label = file.relative_to(package).as_posix()
        own = label.removeprefix("research/")
        if not label.startswith(COMMANDS) or (own != label and own.startswith(DECIDING)):
            digest.update(label.encode() + b"\0" + file.read_bytes())
    for name in (*SHIPPED, STRATEGY):
        digest.update(name.encode() + b"\0" + (root / name).read_bytes())
    for file in sorted(datadir.glob("*.feather")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
