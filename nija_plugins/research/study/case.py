"""One backtest of the results page, as data: what is run, and how anybody would run it."""

import json
from dataclasses import dataclass
from typing import Any

HALVES = {"2021–22": "20210101-20230101", "2023–24": "20230101-20250101"}
"""Choices were made on the first; the second stands apart."""
FEES = {"kraken": 0.4, "coinbase": 1.2}
"""Percent a side, the worse of maker and taker."""
PAUSED = (("drawdown_pause_days", 14),)
"""A backtest has nobody who unlocks: with this the account goes on after two weeks."""


@dataclass(frozen=True)
class Case:
    """A backtest.

    `nija` are settings on top of the shipped ones as (name, value); `files` are put over a copy of
    the shipped user_data as (path within it, text); `disable` are default plugins not to load.
    `timeframe` is the strategy's.
    """

    exchange: str
    timerange: str
    balance: float = 100
    strategy: str = "NijaMicro"
    timeframe: str = "1h"
    nija: tuple[tuple[str, Any], ...] = ()
    disable: tuple[str, ...] = ()
    enable: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()

    @property
    def identity(self) -> str:
        """Everything above as text; equal cases have equal identities."""
        return json.dumps(self.__dict__, sort_keys=True, default=str)

    @property
    def command(self) -> str:
        """What to type for the same backtest, in a copy of the repository that holds `files`."""
        environment = [f"{name.upper()}={value}" for name, value in self.nija]
        words = [
            *environment,
            f"nija offline --exchange {self.exchange} backtesting --strategy {self.strategy}",
            f"--timerange {self.timerange} --dry-run-wallet {self.balance:g}",
            "--datadir .nija/results/candles",
        ]
        if self.timeframe != "1h":
            words.append(f"--timeframe {self.timeframe}")
        plugins = [f'"disable": {json.dumps(self.disable)}'] if self.disable else []
        plugins += [f'"enable": {json.dumps(self.enable)}'] if self.enable else []
        if plugins:
            words.append(f"(nija.plugins: {{{', '.join(plugins)}}})")
        return " ".join(words)
