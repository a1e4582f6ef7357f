"""A scratch user_data with the shipped configuration, the strategies to compare and candles, and
the simulated exchange beside it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import freqtrade.templates

from bench.market import Copies, Market, listed
from bench.processes import ROOT, Cost, measured, python
from nija_plugins.research.engine import build_house
from nija_plugins.venue.app import build_app
from nija_plugins.venue.environment import freqtrade_environment
from nija_plugins.venue.market.files import store_candles
from nija_plugins.venue.server import serve
from nija_plugins.venue.venue import Venue

WALLET = "990"


@dataclass(frozen=True)
class House:
    """`folder` with everything; `url` is where the simulated exchange answers."""

    folder: Path
    url: str
    pairs: tuple[str, ...]

    @property
    def models(self) -> Path:
        """What the AI filter fitted."""
        return self.folder / "user_data/nija_models"

    def freqtrade(
        self, command: str, strategy: str, timerange: str, *more: str, **variables: str
    ) -> Cost:
        """One freqtrade process. Raises Failed."""
        arguments = [
            *(command, "--strategy", strategy, "--timerange", timerange, "--timeframe", "1h"),
            *("-c", "user_data/config.json", "-c", "config.kraken.json"),
            *("--datadir", str(self.folder / "candles"), "--dry-run-wallet", WALLET),
            *("--pairs", *self.pairs, *more),
        ]
        environment = {
            **freqtrade_environment(self.url, "bench", {}),
            "TRADE_ONLY": ",".join(pair.partition("/")[0] for pair in self.pairs),
            **variables,
        }
        return measured(
            python("bench.child", *arguments), self.folder / f"{strategy}.log", environment
        )

    def backtest(self, strategy: str, timerange: str, **variables: str) -> Cost:
        """One backtest whose trades are reported. Raises Failed."""
        results = self.folder / "results"
        shutil.rmtree(results, ignore_errors=True)
        results.mkdir()
        cost = self.freqtrade(
            *("backtesting", strategy, timerange, "--cache", "none"),
            *("--export", "trades", "--backtest-directory", str(results)),
            **variables,
        )
        if not list(results.glob("*.zip")):
            raise RuntimeError(f"{strategy} reported nothing: see {self.folder / strategy}.log")
        return cost


@contextmanager
def housed(
    folder: Path, market: Market, pairs: int, first: datetime, last: datetime
) -> Iterator[House]:
    """A new house in `folder` with candles of `pairs` pairs that open in [first, last)."""
    shutil.rmtree(folder, ignore_errors=True)
    build_house(ROOT, folder)
    strategies = folder / "user_data/strategies"
    for strategy in (ROOT / "bench/strategies").glob("*.py"):
        shutil.copy(strategy, strategies)
    sample = Path(freqtrade.templates.__file__).parent / "sample_strategy.py"
    shutil.copy(sample, strategies)
    shutil.copytree(ROOT / "user_data/hyperopts", folder / "user_data/hyperopts")
    source = Copies(market.source, pairs)
    store_candles(source, folder / "candles", first, last)
    with listed(source.assets), serve(build_app(Venue(source)), port=0) as url:
        yield House(folder, url, tuple(f"{asset}/USD" for asset in source.assets))
