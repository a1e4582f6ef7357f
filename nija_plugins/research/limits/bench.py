"""Runs cases: the candles of each market are made once, what was measured is kept and found again.

A measurement's name is a hash of its case, of all code and configuration that took part, and of
the candles: an edit anywhere runs it anew, an interrupted table goes on where it stopped.
"""

import hashlib
import json
import logging
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

import pandas as pd

import nija_plugins
from nija_plugins.research import entries
from nija_plugins.research.engine import (
    CONFIGURATION,
    STRATEGY,
    Engine,
    build_house,
    quick,
    simulated,
)
from nija_plugins.research.limits.case import EPOCH, NIJA, PAUSE_DAYS, REAL, REAL_FROM, Case
from nija_plugins.research.limits.marking import Prices
from nija_plugins.research.limits.measured import Measured, measure
from nija_plugins.venue.market.candles import CandleSource, FileCandles
from nija_plugins.venue.market.files import store_candles
from nija_plugins.venue.market.storms import StormCandles

WARM_UP = timedelta(days=143)
"""Recorded candles before the first traded day."""


class Bench:
    """Measures cases in this process, in its own corner of `folder`; see `bench`."""

    def __init__(self, repository: Path, folder: Path, corner: str, recorded: Path | None) -> None:
        self._repository, self._folder, self._recorded = repository, folder, recorded
        self._corner = folder / corner
        self._engines: dict[str, Engine] = {}
        self._candles: tuple[str, Path, dict[str, Prices]] | None = None
        self._code = fingerprint(repository)
        self._files = _hash(sorted(recorded.glob("*-1h.feather"))) if recorded else ""

    def measure(self, case: Case) -> list[tuple[Case, Measured]]:
        """`case` as shipped; and once more with PAUSE_DAYS when its drawdown lock has ended it:
        until then the two are the same."""
        measured = self._one(case)
        paused = replace(case, pause_days=PAUSE_DAYS)
        return [(case, measured), (paused, self._one(paused) if measured.halted else measured)]

    def _one(self, case: Case) -> Measured:
        used = [self._code, self._files if case.market == REAL else ""]
        facts = json.dumps([asdict(case), used], default=str, sort_keys=True)
        path = self._folder / "runs" / f"{hashlib.sha256(facts.encode()).hexdigest()[:24]}.json"
        found = Measured.load(path)
        if found is None:
            datadir, prices = self._market(case)
            outcome = self._engine(case.entries).backtest(
                case.timerange,
                datadir=datadir,
                exchange=case.exchange,
                wallet=case.balance,
                nija=case.settings,
            )
            found = measure(case, outcome, prices)
            found.save(path)
        return found

    def _engine(self, name: str) -> Engine:
        if name not in self._engines:
            plugins = [] if name == NIJA else [entries.file(name)]
            house = build_house(self._repository, self._corner / f"house-{name}", plugins)
            others = next(iter(self._engines.values()), None)
            self._engines[name] = Engine(house, others)
        return self._engines[name]

    def _market(self, case: Case) -> tuple[Path, dict[str, Prices]]:
        """Where the candles of the case's market lie, and what they were. One market at a time."""
        name = f"{case.market} {case.first} {case.last}"
        if self._candles is None or self._candles[0] != name:
            datadir = self._corner / "candles"
            shutil.rmtree(datadir, ignore_errors=True)
            first = REAL_FROM - WARM_UP if case.market == REAL else EPOCH
            store_candles(self._source(case), datadir, first, case.last)
            prices = {
                file.name.removesuffix("-1h.feather").replace("_", "/"): Prices.of(
                    pd.read_feather(file)
                )
                for file in datadir.glob("*-1h.feather")
            }
            self._candles = (name, datadir, prices)
        return self._candles[1:]

    def _source(self, case: Case) -> CandleSource:
        if isinstance(case.market, int):
            return StormCandles(case.market, EPOCH, case.last)
        assert self._recorded is not None
        return FileCandles(self._recorded)


@contextmanager
def bench(repository: Path, folder: Path, corner: str, recorded: Path | None) -> Iterator[Bench]:
    """A bench over the configuration and strategy of `repository`, that keeps its measurements in
    `folder` and works in `folder / corner`, which nobody else may use meanwhile. `recorded` holds
    the real candles. freqtrade's log is silenced but for errors."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        # Only rules and fees are asked for; the candles come from files.
        with simulated(StormCandles(1, EPOCH, EPOCH + timedelta(days=1))), quick():
            yield Bench(repository, folder, corner, recorded)
    finally:
        logging.disable(before)
        with suppress(OSError):
            shutil.rmtree(folder / corner)


def fingerprint(repository: Path) -> str:
    """A hash of all code and configuration that decide a measurement."""
    package = Path(nija_plugins.__file__).parent
    files = [file for file in sorted(package.rglob("*.py")) if file.parent.name != "cli"]
    files = [file for file in files if file.name not in ("pool.py", "table.py")]
    return _hash([*files, *(repository / name for name in (*CONFIGURATION, STRATEGY))])


def _hash(files: Iterable[Path]) -> str:
    digest = hashlib.sha256(version("freqtrade").encode())
    for file in files:
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()
