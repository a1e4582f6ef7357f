"""Finished backtests on disk: one small file each, and all of a sweep as one Parquet file.

A file's name is its case's key, so none is there twice and a sweep goes on where it was stopped.
"""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from nija_plugins.sweep.cases import Case
from nija_plugins.sweep.figures import Row, identity

RESULTS = "results.parquet"
_TEXT, _NUMBER, _COUNT = pa.string(), pa.float64(), pa.int64()
SCHEMA = pa.schema(
    [
        *(pa.field(name, _TEXT) for name in ("key", "window_begin", "window_end", "begin")),
        pa.field("days", _COUNT),
        *(pa.field(name, _TEXT) for name in ("set", "values", "exchange")),
        *(pa.field(name, _NUMBER) for name in ("wallet", "final_balance", "total_return")),
        *(pa.field(name, _NUMBER) for name in ("drawdown", "worst_day")),
        *(pa.field(name, _COUNT) for name in ("trades", "wins")),
        *(pa.field(name, _NUMBER) for name in ("profit_factor", "fees")),
        pa.field("refused", _COUNT),
        pa.field("tier", _TEXT),
        pa.field("halted", pa.bool_()),
        pa.field("seconds", _NUMBER),
    ]
)
"""The columns of the Parquet file; see `figures.row` for units."""


class StoreError(OSError):
    """The folder cannot be read or written; the message says which file and why."""


class Store:
    """Finished cases in `folder`/finished, the results in `folder`/results.parquet."""

    def __init__(self, folder: Path) -> None:
        """Makes the folders. Raises StoreError."""
        self.results = folder / RESULTS
        self._finished = folder / "finished"
        self.damaged: list[Path] = []
        """Files that were set aside by `find`: their cases run again."""
        try:
            self._finished.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _cannot("make", self._finished, error) from None

    def find(self, case: Case) -> Row | None:
        """The row of `case` if it has been run. Raises StoreError when it cannot be read."""
        file = self._file(case)
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _cannot("read", file, error) from None
        except ValueError:
            found = None
        if not isinstance(found, dict) or set(found) != set(SCHEMA.names):
            self.damaged.append(file)
            return None
        # The same backtest may have been part of another window, and its set had another name.
        return {**found, **identity(case)}

    def keep(self, case: Case, row: Row) -> None:
        """Writes the row whole or not at all. Raises StoreError, for a full disk for instance."""
        file = self._file(case)
        unfinished = file.with_suffix(f".{os.getpid()}.part")
        try:
            unfinished.write_text(json.dumps(row), encoding="utf-8")
            unfinished.replace(file)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise _cannot("write", file, error) from None

    def write(self, rows: Sequence[Row]) -> Path:
        """The Parquet file of `rows`, whole or not at all. Raises StoreError."""
        unfinished = self.results.with_suffix(f".{os.getpid()}.part")
        try:
            pq.write_table(pa.Table.from_pylist(list(rows), schema=SCHEMA), unfinished)
            unfinished.replace(self.results)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise _cannot("write", self.results, error) from None
        return self.results

    def _file(self, case: Case) -> Path:
        return self._finished / f"{case.key}.json"


def _cannot(do: str, file: Path, error: OSError) -> StoreError:
    return StoreError(f"Cannot {do} {file}: {error.strerror or error}.")
