"""What NIJA's rules cost per candle of a backtest when there is nothing to do.

    python bench/rules.py

A flat account over a quiet hour: no position, no candidate, the same day. Timed are the rules
alone (benchmarks, floors and tightening, due locks, incidents) and the whole `bot_loop_start`, each
as the median of batches, beside one pass of an empty function through the same loop.
"""

import logging
import statistics
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter

from freqtrade.persistence import FtNoDBContext, LocalTrade, PairLocks
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from nija_plugins.risk import limits
from nija_plugins.risk.floors import tightened
from nija_plugins.venue.market.generator import synthetic_candles
from tests.unit.hooks.conftest import NOW, Bot

BATCHES, CANDLES = 30, 500


def microseconds(work: Callable[[datetime], None], start: datetime) -> float:
    """The median time of one call over BATCHES of CANDLES calls, an hour apart."""
    taken, moment = [], start
    for _ in range(BATCHES):
        moments = [moment + timedelta(hours=hours) for hours in range(CANDLES)]
        moment = moments[-1] + timedelta(hours=1)
        began = perf_counter()
        for one in moments:
            work(one)
        taken.append((perf_counter() - began) / CANDLES * 1e6)
    return statistics.median(taken)


def nothing(_now: datetime) -> None:
    """What the loop around it costs."""


def main() -> None:
    """Prints the table."""
    logging.disable(logging.WARNING)
    candles = synthetic_candles("BTC", NOW - timedelta(days=60), NOW)
    with FtNoDBContext("1h"), tempfile.TemporaryDirectory() as folder:
        LocalTrade.reset_trades()
        PairLocks.reset_locks()
        bot = Bot(candles, Path(folder), 100.0, futures=False)
        bot.loop()
        strategy, run = bot.strategy, bot.strategy.run
        account, settings = strategy._account(NOW), strategy.nija_settings

        def rules(now: datetime) -> None:
            account.benchmarks.observe(now, 100.0)
            tightened(account, settings)
            for _ in limits.due(account, settings):
                raise AssertionError("nothing is due")
            run.memory.incidents.after(now, {})

        after = NOW + timedelta(days=1)
        rows = {
            "an empty function": microseconds(nothing, after),
            "all rules together": microseconds(rules, after),
            "the whole loop start": microseconds(bot.loop, after),
        }
    table = Table("per candle with nothing to do", "µs")
    for name, cost in rows.items():
        table.add_row(name, f"{cost:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
