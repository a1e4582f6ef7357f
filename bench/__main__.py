"""Measures, and writes docs/performance.md.

python -m bench --data FOLDER --rounds 5 --only backtests --only starts
"""

import json
import logging
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench import parts
from bench.market import RECORDED, market
from bench.page import generated, write
from bench.processes import ROOT

FOLDER = ROOT / ".nija/bench"
FACTS = FOLDER / "facts.json"
PARTS = {
    "backtests": parts.backtests,
    "starts": parts.starts,
    "replays": parts.replays,
    "hyperopts": parts.hyperopts,
    "growth": parts.growth,
    "reports": parts.reports,
    "sweeps": parts.sweeps,
}


def main(
    data: Annotated[Path, typer.Option(help="Recorded candles; without them, synthetic ones.")] = (
        RECORDED
    ),
    rounds: Annotated[int, typer.Option(min=1, help="Counted runs of everything.")] = 5,
    warm_up: Annotated[bool, typer.Option(help="A first run that does not count.")] = True,
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="This part; the others keep their last figures. While one has none, the table is "
            "printed and the page left alone."
        ),
    ] = None,
) -> None:
    """Compares NijaMicro with floors and peers, in turn, as ratios of medians."""
    logging.disable(logging.WARNING)
    FOLDER.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True, highlight=False)
    chosen = only or list(PARTS)
    facts = json.loads(FACTS.read_text()) if only and FACTS.is_file() else {}
    given = market(data)
    parts_of_it = "".join(f" --only {one}" for one in only or ())
    command = f"python -m bench --rounds {rounds}{parts_of_it}" if only else "make bench"
    facts |= {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": parts.machine(),
        "python": platform.python_version(),
        "candles": given.name,
        "rounds": f"{rounds} rounds" + " after a warm-up" * warm_up,
        "command": command,
    }
    bench = parts.Bench(FOLDER, given, data, rounds, warm_up, console.print)
    for name in chosen:
        facts[name] = PARTS[name](bench)
        FACTS.write_text(json.dumps(facts, indent=1))
    # Through JSON, so that sizes are text whether they were just measured or read.
    told = json.loads(json.dumps(facts))
    if PARTS.keys() <= told.keys():
        write(told)
    else:
        typer.echo(generated(told))


if __name__ == "__main__":
    typer.run(main)
