"""freqtrade's own backtesting, in this process and fast enough to ask it many questions.

The exchange object is made once against the simulated exchange; each backtest gets a fresh
configuration, strategy and run. Six months of the synthetic market, Kraken's rules and fees.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from freqtrade.configuration import Configuration
from freqtrade.enums import RunMode
from freqtrade.exchange import Exchange
from freqtrade.optimize.backtesting import Backtesting

from nija_plugins.cli.offline import freqtrade_environment
from nija_plugins.venue.app import build_app
from nija_plugins.venue.candles import SyntheticCandles
from nija_plugins.venue.files import write_synthetic_candles
from nija_plugins.venue.server import serve
from tests.conftest import WITHOUT_FILTER

SEED = 3
FIRST = datetime(2022, 1, 1, tzinfo=UTC)
"""The year before 2023 is what the AI filter learns from."""
START, END = (datetime(2023, *day, tzinfo=UTC) for day in ((3, 1), (9, 1)))
TIMERANGE = f"{START:%Y%m%d}-{END:%Y%m%d}"


@dataclass(frozen=True)
class Outcome:
    """What one backtest came to: trades (a row each), refusals by rule, tier changes, locks as
    (reason, begin, end), and NIJA's own equity (see `nija_plugins.record`)."""

    trades: pd.DataFrame
    refused: dict[str, int]
    tier_changes: list[dict[str, Any]]
    final_balance: float
    locks: list[tuple[str, datetime, datetime]]
    equity: dict[str, Any]


class Engine:
    """Backtests of the strategy in `house` (see the fixture of that name)."""

    def __init__(self, house: Path, environ: dict[str, str]) -> None:
        self.house = house
        self.environ = environ
        self._exchange: Exchange | None = None

    def backtest(
        self, nija: Mapping[str, Any] | None = None, wallet: float = 100, **config: Any
    ) -> Outcome:
        """One backtest with `nija` settings on top of the shipped ones and `config` on top of
        freqtrade's; without the AI filter unless `nija` has it."""
        settings = self._config()
        settings["nija"] = {**settings["nija"], **WITHOUT_FILTER, **(nija or {})}
        settings |= {"dry_run_wallet": wallet, **config}
        run = Backtesting(settings, self._exchange)
        self._exchange = run.exchange
        data, timerange = run.load_bt_data()
        run.backtest_one_strategy(run.strategylist[0], data, timerange)
        content = run.all_bt_content["NijaMicro"]
        Backtesting.cleanup()
        facts = settings["original_config"]["nija_run"]
        return Outcome(
            trades=content["results"],
            refused=facts["refused"]["by_rule"],
            tier_changes=facts["tier_changes"],
            final_balance=content["final_balance"],
            locks=[(lock.reason, lock.lock_time, lock.lock_end_time) for lock in content["locks"]],
            equity=facts["equity"],
        )

    def _config(self) -> dict[str, Any]:
        arguments = {
            "config": [
                str(self.house / "user_data/config.json"),
                str(self.house / "config.kraken.json"),
            ],
            "user_data_dir": str(self.house / "user_data"),
            "datadir": str(self.house / "user_data/data/kraken"),
            "strategy": "NijaMicro",
            "timerange": TIMERANGE,
            "export": "none",
            "command": "backtesting",
        }
        config = Configuration(arguments, RunMode.BACKTEST).get_config()
        return config


@contextmanager
def engine(house: Path, monkeypatch: Any) -> Iterator[Engine]:
    """An engine over six months of synthetic candles in `house`."""
    write_synthetic_candles(house / "user_data/data/kraken", FIRST, END, seed=SEED)
    with serve(build_app(SyntheticCandles(SEED)), port=0) as url:
        environ = freqtrade_environment(url, "test", {})
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        yield Engine(house, environ)
