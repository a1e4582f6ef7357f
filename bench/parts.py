"""The parts of a bench: each measures some processes in turn and returns plain figures."""

import math
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from bench.house import House, housed
from bench.market import Market
from bench.processes import Cost, interleaved, measured, peak, python, wall
from bench.reports import drawn, repeated

YEAR = timedelta(days=365)
SETTLED = timedelta(days=60)
"""Before a backtest's first candle: freqtrade's start-up candles and some daily ones."""


@dataclass(frozen=True)
class Bench:
    """Where and how often; `said` is told of every run."""

    folder: Path
    market: Market
    candles: Path
    rounds: int
    warm_up: bool
    said: Callable[[str], None]

    def run(self, variants: Mapping[str, Callable[[], Cost]]) -> dict[str, list[Cost]]:
        """See `interleaved`."""
        return interleaved(variants, self.rounds, self.said, self.warm_up)


def backtests(bench: Bench) -> dict[str, Any]:
    """Wall time (s), processor time (s) and peak memory (MB) of backtests of the same candles."""
    given = bench.market
    span = f"{given.first + SETTLED:%Y%m%d}-{given.last:%Y%m%d}"
    with housed(bench.folder / "backtests", given, 3, given.first, given.last) as house:

        def cold() -> Cost:
            shutil.rmtree(house.models, ignore_errors=True)
            return house.backtest("NijaMicro", span)

        variants: dict[str, Callable[[], Cost]] = {
            "nothing": lambda: house.backtest("Nothing", span),
            "sample": lambda: house.backtest("SampleStrategy", span),
            "fifteen": lambda: house.backtest("Fifteen", span),
            "cold": cold,
            "warm": lambda: house.backtest("NijaMicro", span),
        }
        found = bench.run(variants)
    return {name: _figures(costs) for name, costs in found.items()}


def _figures(costs: Sequence[Cost]) -> dict[str, float]:
    return {"wall": wall(costs), "cpu": median(c.cpu for c in costs), "peak": peak(costs)}


EPOCHS = (4, 14)
"""The difference of two runs is what ten epochs take, without what comes before them."""


def hyperopts(bench: Bench) -> dict[str, Any]:
    """Seconds an epoch, with one job and with two."""
    given = bench.market
    span = f"{given.last - YEAR:%Y%m%d}-{given.last:%Y%m%d}"
    with housed(bench.folder / "hyperopt", given, 3, given.first, given.last) as house:
        variants = {
            f"{strategy} -j {jobs} {epochs}": _hyperopt(house, strategy, span, jobs, epochs)
            for jobs in (1, 2)
            for strategy in ("SampleStrategy", "NijaMicro")
            for epochs in EPOCHS
        }
        found = interleaved(variants, max(1, bench.rounds // 2), bench.said, warm_up=False)
    few, many = EPOCHS
    return {
        f"{strategy} -j {jobs}": (
            wall(found[f"{strategy} -j {jobs} {many}"]) - wall(found[f"{strategy} -j {jobs} {few}"])
        )
        / (many - few)
        for jobs in (1, 2)
        for strategy in ("SampleStrategy", "NijaMicro")
    }


def _hyperopt(house: House, strategy: str, span: str, jobs: int, epochs: int) -> Callable[[], Cost]:
    options = ("--epochs", str(epochs), "-j", str(jobs), "--random-state", "1")
    more = ("--hyperopt-loss", "NijaGrowthLoss", "--disable-param-export", "--spaces", "buy")
    return lambda: house.freqtrade("hyperopt", strategy, span, *options, *more)


LIVE = (("NijaMicro", 3, 72, 1), ("Nothing", 3, 72, 1), ("NijaMicro", 3, 24, 12))
WIDE = ("NijaMicro", 50, 6, 12)
"""Strategy, pairs, hours, iterations an hour."""


def replays(bench: Bench) -> dict[str, Any]:
    """NIJA's share of an iteration, and candles a second."""

    def replay(of: tuple[Any, ...]) -> Callable[[], Cost]:
        log = bench.folder / "live/bench.log"
        command = python("bench.live", *map(str, of), str(bench.candles.absolute()))
        log.parent.mkdir(parents=True, exist_ok=True)
        return lambda: measured(command, log)

    names = {" ".join(map(str, of)): replay(of) for of in LIVE}
    found = interleaved(names, max(1, bench.rounds // 2), bench.said, warm_up=False)
    wide = " ".join(map(str, WIDE))
    found |= interleaved({wide: replay(WIDE)}, 1, bench.said, warm_up=False)
    return {
        name: {
            what: median(cost.facts[what] for cost in costs)
            for what in ("share", "candles_per_second")
        }
        for name, costs in found.items()
    }


def starts(bench: Bench) -> dict[str, Any]:
    """What a strategy constructed by freqtrade takes, and `nija --help`."""
    with housed(bench.folder / "start", bench.market, 1, *_a_month(bench.market)) as house:
        folder = str(house.folder / "user_data")

        def start(strategy: str) -> Callable[[], Cost]:
            return lambda: measured(
                python("bench.startup", strategy, folder), house.folder / "start.log"
            )

        nija = str(Path(sys.executable).with_name("nija"))
        found = bench.run(
            {
                "nothing": start("Nothing"),
                "nija": start("NijaMicro"),
                "help": lambda: measured([nija, "--help"], house.folder / "help.log"),
                "python": lambda: measured(
                    [sys.executable, "-c", "pass"], house.folder / "python.log"
                ),
            }
        )
    return {name: _figures(costs) for name, costs in found.items()}


def reports(bench: Bench) -> dict[str, Any]:
    """What `nija report` takes for 5,000 trades, its start included."""
    given = bench.market
    with housed(bench.folder / "reports", given, 3, given.first, given.last) as house:
        house.backtest("NijaMicro", f"{given.first + SETTLED:%Y%m%d}-{given.last:%Y%m%d}")
        (result,) = (house.folder / "results").glob("*.zip")
        many = repeated(result, house.folder / "many")
        found = bench.run({"report": lambda: drawn(house, many, "report")})
    return {name: _figures(costs) for name, costs in found.items()}


def sweeps(bench: Bench) -> dict[str, Any]:
    """What 200 backtests take plainly, and through Dask with one and two workers; see sweep.py."""
    log = bench.folder / "sweep.log"
    rounds = max(1, bench.rounds // 2)
    variants = {"sweep": lambda: measured(python("bench.sweep"), log)}
    found = interleaved(variants, rounds, bench.said, warm_up=False)["sweep"]
    return {name: median(cost.facts[name] for cost in found) for name in found[0].facts}


def _a_month(market: Market) -> tuple[Any, Any]:
    return market.last - YEAR / 12, market.last


PAIRS, YEARS = (3, 10, 30, 100), (1, 2, 4)


def growth(bench: Bench) -> dict[str, Any]:
    """Warm backtests of more pairs (a year) and more years (3 pairs): size → wall, cpu, peak."""
    once = replace(bench, rounds=1)
    last = bench.market.last
    pairs = {count: _grown(once, count, 1) for count in PAIRS}
    years = {count: _grown(once, 3, count) for count in YEARS}
    return {"until": f"{last:%Y-%m-%d}", "pairs": pairs, "years": years}


def _grown(bench: Bench, pairs: int, years: int) -> dict[str, float]:
    given = bench.market
    begin = given.last - years * YEAR
    first = max(given.first, begin - 2 * YEAR)
    span = f"{max(begin, given.first + SETTLED):%Y%m%d}-{given.last:%Y%m%d}"
    with housed(bench.folder / "growth", given, pairs, first, given.last) as house:
        found = bench.run(
            {f"{pairs} pairs, {years} years": lambda: house.backtest("NijaMicro", span)}
        )
    return _figures(next(iter(found.values())))


def exponent(costs: Mapping[Any, Mapping[str, float]], what: str) -> float:
    """The slope of log cost over log size, by least squares; 1 is linear."""
    points = [(math.log(float(size)), math.log(cost[what])) for size, cost in costs.items()]
    x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
    return sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _ in points)


def machine() -> dict[str, Any]:
    """What the figures are of."""
    model = "unknown processor"
    info = Path("/proc/cpuinfo")
    if info.is_file():
        lines = [one for one in info.read_text().splitlines() if one.startswith("model name")]
        model = lines[0].partition(":")[2].strip() if lines else model
    return {"processor": model, "cores": os.cpu_count(), "load": os.getloadavg()[0]}
