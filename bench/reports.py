"""`nija report` about many trades: a real result whose trades are repeated to make enough."""

import json
import sys
from itertools import cycle, islice
from pathlib import Path
from zipfile import ZipFile

from bench.house import House
from bench.processes import Cost, measured

TRADES = 5_000


def repeated(result: Path, folder: Path, count: int = TRADES) -> Path:
    """A copy of `result` in `folder` with `count` trades: its own, over and over. Stakes, refusals
    and equity are those of the original. Raises ValueError when it has no trade."""
    folder.mkdir(parents=True, exist_ok=True)
    with ZipFile(result) as found, ZipFile(folder / result.name, "w") as made:
        for name in found.namelist():
            content = found.read(name)
            if name == result.with_suffix(".json").name:
                content = _with_trades(json.loads(content), count)
            made.writestr(name, content)
    return folder / result.name


def _with_trades(told: dict, count: int) -> bytes:
    for statistics in told["strategy"].values():
        if not statistics["trades"]:
            raise ValueError("The result has no trade that could be repeated.")
        statistics["trades"] = list(islice(cycle(statistics["trades"]), count))
        statistics["total_trades"] = count
    return json.dumps(told).encode()


def drawn(house: House, result: Path, *command: str) -> Cost:
    """One `nija` process that reads `result`."""
    nija = str(Path(sys.executable).with_name("nija"))
    arguments = (str(result), "--datadir", str(house.folder / "candles"))
    return measured([nija, *command, *arguments], house.folder / "report.log")
