"""A replay in its own process: how much of each iteration is NIJA's, how many candles a second.

python -m bench.live STRATEGY PAIRS HOURS ITERATIONS CANDLES
"""

import sys
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from pathlib import Path
from time import perf_counter
from typing import Any

from freqtrade.worker import Worker

from bench.market import Copies, listed, market
from bench.processes import ROOT, tell
from nija_plugins.cli.configuration import load
from nija_plugins.replay import run as rehearsing
from nija_plugins.replay.clock import replaced
from nija_plugins.strategy import NijaStrategy

CALLBACKS = (
    *("look", "candidates", "informative_pairs", "bot_loop_start", "custom_stake_amount"),
    *("confirm_trade_entry", "check_entry_timeout", "order_filled", "custom_stoploss"),
    "custom_exit",
)
"""Where freqtrade comes into NIJA."""


class Stopwatch:
    """The seconds spent in NIJA's callbacks and in freqtrade's iterations, which hold them."""

    def __init__(self) -> None:
        self.ours = self.iterations = 0.0
        self._within = False

    def of_ours(self, callback: Callable[..., Any]) -> Callable[..., Any]:
        """`callback`, timed unless another one called it."""

        @wraps(callback)
        def timed(*args: Any, **kwargs: Any) -> Any:
            if self._within:
                return callback(*args, **kwargs)
            self._within, began = True, perf_counter()
            try:
                return callback(*args, **kwargs)
            finally:
                self._within = False
                self.ours += perf_counter() - began

        return timed

    def of_iterations(self, worker: Callable[..., Any]) -> Callable[..., Any]:
        """freqtrade's iteration, timed; not the first one of a bot, which loads and starts."""
        first = True

        @wraps(worker)
        def timed(*args: Any, **kwargs: Any) -> Any:
            nonlocal first
            began = perf_counter()
            try:
                return worker(*args, **kwargs)
            finally:
                if first:
                    self.ours = 0.0
                else:
                    self.iterations += perf_counter() - began
                first = False

        return timed


def _nothing() -> Path:
    """A user_data whose NijaMicro does nothing: a replay asks for it by that name."""
    folder = Path("nothing/strategies")
    folder.mkdir(parents=True, exist_ok=True)
    source = (ROOT / "bench/strategies/Nothing.py").read_text()
    (folder / "NijaMicro.py").write_text(source.replace("class Nothing(", "class NijaMicro("))
    return folder.parent


def main(strategy: str, pairs: int, hours: int, iterations: int, candles: Path) -> None:
    """Replays the first hours of 2024 and tells what they took."""
    watch = Stopwatch()
    for name in CALLBACKS:
        setattr(NijaStrategy, name, watch.of_ours(getattr(NijaStrategy, name)))
    setattr(Worker, "_worker", watch.of_iterations(Worker._worker))  # noqa: B010
    given = market(candles)
    source = Copies(given.source, pairs)
    config = load([ROOT / "user_data/config.json", ROOT / "config.kraken.json"])
    config["user_data_dir"] = _nothing() if strategy == "Nothing" else ROOT / "user_data"
    config["dry_run_wallet"] = 990
    config["exchange"]["pair_whitelist"] = [f"{asset}/USD" for asset in source.assets]
    config["nija"]["trade_only"] = list(source.assets)
    first = given.last - timedelta(days=366)
    plan = rehearsing.Plan(source, first, first + timedelta(hours=hours), iterations)
    with (
        listed(source.assets),
        replaced(rehearsing, "_backtest", lambda *_: []),
    ):
        rehearsing.rehearse(plan, config, Path("replay"))
    seen = (hours * iterations - 1) / iterations
    tell(share=watch.ours / watch.iterations, candles_per_second=seen / watch.iterations)


if __name__ == "__main__":
    named, *numbers, folder = sys.argv[1:]
    main(named, *map(int, numbers), candles=Path(folder))
