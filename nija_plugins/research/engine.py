"""freqtrade's own backtesting, in this process and fast enough to ask it many questions.

The exchange object is made once per exchange against the simulated exchange, which knows rules and
fees; each backtest gets a fresh configuration, strategy and run.
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from freqtrade.configuration import Configuration
from freqtrade.enums import RunMode
from freqtrade.exchange import Exchange
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.optimize.optimize_reports.optimize_reports import generate_wallet_stats
from freqtrade.strategy import strategy_wrapper

from nija_plugins.settings import ALIASES, Settings, environment_name
from nija_plugins.venue.app import build_app
from nija_plugins.venue.environment import freqtrade_environment
from nija_plugins.venue.market.candles import CandleSource
from nija_plugins.venue.server import serve

OVERLAYS = {"kraken": "config.kraken.json", "krakenfutures": "config.futures.json"}
CONFIGURATION = ("config.micro_capital.json", "user_data/config.json", *OVERLAYS.values())
STRATEGY = "user_data/strategies/NijaMicro.py"
"""What a house is made of, as shipped; paths within the repository."""


@dataclass(frozen=True)
class Outcome:
    """What one backtest came to.

    `trades` has a row each; `refused` counts refusals by rule, `refusals` has each of them (see
    `nija_plugins.records.refusals`); `locks` are (reason, begin, end); `equity` is NIJA's own (see
    `nija_plugins.records.equity`); `wallet_drawdown` is freqtrade's wallet-based one, a fraction.
    """

    trades: pd.DataFrame
    refused: dict[str, int]
    refusals: list[dict[str, Any]]
    tier_changes: list[dict[str, Any]]
    final_balance: float
    locks: list[tuple[str, datetime, datetime]]
    equity: dict[str, Any]
    wallet_drawdown: float


class Engine:
    """Backtests of NijaMicro as `house` has it: a folder with the shipped configuration and a
    user_data whose plugins take part. The simulated exchange must be up (see `simulated`)."""

    def __init__(self, house: Path, like: "Engine | None" = None) -> None:
        """With `like`, that engine's exchange objects serve this one too."""
        self.house = house
        self._exchanges: dict[str, Exchange] = like._exchanges if like else {}

    def backtest(
        self,
        timerange: str,
        *,
        datadir: Path,
        exchange: str = "kraken",
        wallet: float = 100,
        nija: Mapping[str, Any] | None = None,
        **config: Any,
    ) -> Outcome:
        """One backtest over the candles in `datadir` with `nija` settings on top of the house's
        and `config` on top of freqtrade's; `wallet` in USD, `timerange` as freqtrade writes it."""
        settings = self._config(timerange, datadir, exchange)
        settings["nija"] = {**settings["nija"], **(nija or {})}
        settings |= {"dry_run_wallet": wallet, **config}
        run = Backtesting(settings, self._exchanges.get(exchange))
        self._exchanges[exchange] = run.exchange
        try:
            data, span = run.load_bt_data()
            run.backtest_one_strategy(run.strategylist[0], data, span)
        finally:
            Backtesting.cleanup()
        content = run.all_bt_content["NijaMicro"]
        facts = settings["original_config"]["nija_run"]
        stats = generate_wallet_stats(content["wallet_summary"], settings["stake_currency"])
        return Outcome(
            trades=content["results"],
            refused=facts["refused"]["by_rule"],
            refusals=facts["refused"]["records"],
            tier_changes=facts["tier_changes"],
            final_balance=content["final_balance"],
            locks=[(lock.reason, lock.lock_time, lock.lock_end_time) for lock in content["locks"]],
            equity=facts["equity"],
            wallet_drawdown=float(stats.get("max_drawdown_account", 0.0)),
        )

    def _config(self, timerange: str, datadir: Path, exchange: str) -> dict[str, Any]:
        files = [self.house / "user_data/config.json"]
        files += [self.house / OVERLAYS[exchange]] if exchange in OVERLAYS else []
        arguments = {
            "config": [str(file) for file in files],
            "user_data_dir": str(self.house / "user_data"),
            "datadir": str(datadir),
            "strategy": "NijaMicro",
            "timerange": timerange,
            "export": "none",
            "command": "backtesting",
        }
        config: dict[str, Any] = Configuration(arguments, RunMode.BACKTEST).get_config()
        return config


@contextmanager
def simulated(source: CandleSource) -> Iterator[None]:
    """Serves the simulated exchange and leads freqtrade there while it lasts. Settings and
    freqtrade options in the environment are left out: what is measured is what is shipped."""
    ours = {*ALIASES, *(environment_name(name) for name in Settings.model_fields)}
    before = dict(os.environ)
    with serve(build_app(source), port=0) as url:
        for name in [n for n in before if n in ours or n.startswith("FREQTRADE__")]:
            del os.environ[name]
        os.environ.update(freqtrade_environment(url, "research", {}))
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


@contextmanager
def quick() -> Iterator[None]:
    """Half the time of a backtest goes into freqtrade's deep copies of the trade it shows a
    callback, its orders included. While this lasts the copies are shallow: NIJA's callbacks only
    look (a test compares the results)."""
    before = strategy_wrapper.deepcopy
    strategy_wrapper.deepcopy = copy
    try:
        yield
    finally:
        strategy_wrapper.deepcopy = before


def build_house(repository: Path, house: Path, plugins: Sequence[Path] = ()) -> Path:
    """`house` with the configuration and strategy of `repository` and these plugin files only:
    neither a user's plugins nor a NijaMicro.json left behind by hyperopt take part."""
    for name in (*CONFIGURATION, STRATEGY):
        (house / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(repository / name, house / name)
    folder = house / "user_data/plugins"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for plugin in plugins:
        shutil.copy(plugin, folder)
    return house
