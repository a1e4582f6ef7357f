"""Real backtests of NijaMicro over recorded candles, run as a user would run them."""

import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

import pytest

from nija_plugins.cli.offline import Exchange, run_offline
from nija_plugins.research.result import Result, latest
from nija_plugins.settings import Settings
from tests.acceptance.money import Rules

ROOT = Path(__file__).resolve().parents[2]
RECORDED = ROOT.parent / "shared" / "data" / "binance"
ASSETS = ("BTC", "ETH", "SOL")
ONE_YEAR, FOUR_YEARS = "20210101-20211231", "20210101-20250101"


@dataclass(frozen=True)
class Case:
    """An exchange's rules and fees, a starting balance in USD, a freqtrade timerange; and rules
    that are not the shipped ones."""

    exchange: str
    balance: int
    timerange: str
    rules: Rules = Rules()  # noqa: RUF009

    def __str__(self) -> str:
        years = 4 if self.timerange == FOUR_YEARS else 1
        loosened = "" if self.rules == Rules() else "-loosened"
        return f"{self.exchange}-{self.balance}-{years}y{loosened}"


def copy_candles(folder: Path) -> Path:
    """The recorded candles in `folder`, under the names of the pairs that are traded."""
    if not RECORDED.is_dir():
        pytest.skip(f"needs the recorded candles in {RECORDED}")
    for asset in ASSETS:
        for timeframe in ("1h", "1d"):
            recorded = RECORDED / f"{asset}_USDT-{timeframe}.feather"
            shutil.copy(recorded, folder / f"{asset}_USD-{timeframe}.feather")
    return folder


def backtest(case: Case, datadir: Path, home: Path) -> Result:
    """freqtrade's result of `case`.

    The repository's own configuration and strategy, copied into `home` so that neither a user's
    plugins nor a NijaMicro.json left behind by hyperopt take part.
    """
    (home / "results").mkdir()
    (home / "user_data" / "strategies").mkdir(parents=True)
    for name in ("config.micro_capital.json", "user_data/config.json"):
        shutil.copy(ROOT / name, home / name)
    shutil.copy(ROOT / "user_data/strategies/NijaMicro.py", home / "user_data/strategies")
    options = {
        "--userdir": home / "user_data",
        "--datadir": datadir,
        "--backtest-directory": home / "results",
        "--timerange": case.timerange,
        "--dry-run-wallet": case.balance,
        "--export": "trades",
        "--cache": "none",
    }
    arguments = ["backtesting", "--strategy", "NijaMicro"]
    arguments += [str(word) for option in options.items() for word in option]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        settings = {name.upper() for name in Settings.model_fields}
        for name in [n for n in os.environ if n.startswith("FREQTRADE__") or n in settings]:
            patch.delenv(name)
        patch.setenv("AI_TRADE_FILTER", "false")
        for name, value in case.rules.environment.items() if case.rules != Rules() else ():
            patch.setenv(name, value)
        assert run_offline(arguments, Exchange(case.exchange), port=_free_port()) == 0
    return latest(home / "results")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
