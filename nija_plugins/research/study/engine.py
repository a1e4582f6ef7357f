"""freqtrade's own backtesting in this process, over recorded candles, one case after another.

The exchange is the simulated one, so nothing is asked of a network; the house is a copy of the
shipped configuration with the case's files over it.
"""

import copy
import hashlib
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nija_plugins.research.study.case import Case
from nija_plugins.research.study.figures import figures
from nija_plugins.settings import ALIASES, Settings, environment_name
from nija_plugins.venue.app import build_app
from nija_plugins.venue.environment import freqtrade_environment
from nija_plugins.venue.market.candles import SyntheticCandles
from nija_plugins.venue.server import serve

SHIPPED = ("config.micro_capital.json", "config.kraken.json", "user_data/config.json")
STRATEGY = "user_data/strategies/NijaMicro.py"
ASSETS = ("BTC", "ETH", "SOL")
REFERENCES = Path(__file__).parent / "references"


class NoRecordedCandles(ValueError):
    """The folder with the recorded candles is not there, or lacks one of them."""


def copy_candles(recorded: Path, datadir: Path) -> Path:
    """The recorded candles (BTC_USDT-1h.feather ...) in `datadir` under the names of the pairs
    that are traded. Raises NoRecordedCandles."""
    datadir.mkdir(parents=True, exist_ok=True)
    for asset in ASSETS:
        for timeframe in ("1h", "4h", "1d"):
            source = recorded / f"{asset}_USDT-{timeframe}.feather"
            if not source.is_file():
                raise NoRecordedCandles(
                    f"{source} is missing: name a folder with 1h, 4h and 1d candles of "
                    f"{', '.join(ASSETS)} with --data (make: DATA=). Candles are not part of NIJA."
                )
            shutil.copy(source, datadir / f"{asset}_USD-{timeframe}.feather")
    return datadir


class Engine:
    """Backtests cases; houses are made below `home`."""

    def __init__(self, root: Path, home: Path, datadir: Path) -> None:
        self._root, self._home, self._datadir = root, home, datadir
        self._exchanges: dict[str, Any] = {}

    def backtest(self, case: Case) -> dict[str, Any]:
        """The figures of `case` (see `research.figures`)."""
        from freqtrade.configuration import Configuration
        from freqtrade.enums import RunMode
        from freqtrade.optimize.backtesting import Backtesting

        house = self._house(case)
        files = [str(house / "user_data/config.json")]
        files += [str(house / "config.kraken.json")] if case.exchange == "kraken" else []
        arguments = {
            "config": files,
            "user_data_dir": str(house / "user_data"),
            "datadir": str(self._datadir),
            "strategy": case.strategy,
            "strategy_path": str(REFERENCES),
            "timerange": case.timerange,
            "export": "none",
            "command": "backtesting",
        }
        config = Configuration(arguments, RunMode.BACKTEST).get_config()
        config["nija"] |= dict(case.nija)
        config["nija"]["plugins"] = {"disable": case.disable, "enable": case.enable}
        config |= {"dry_run_wallet": case.balance, "timeframe": case.timeframe}
        if case.strategy != "NijaMicro":
            config["max_open_trades"] = len(ASSETS)  # an equal share for each
        run = Backtesting(config, self._exchanges.get(case.exchange))
        self._exchanges[case.exchange] = run.exchange
        data, timerange = run.load_bt_data()
        run.backtest_one_strategy(run.strategylist[0], data, timerange)
        content = run.all_bt_content[case.strategy]
        Backtesting.cleanup()
        wallet = content["wallet_summary"]
        wallet["worth"] = wallet["rate"] * wallet["balance"]
        wallet["cash"] = wallet["currency"] == config["stake_currency"]
        own = config["original_config"].get("nija_run", {})
        outcome = {
            "trades": content["results"],
            "wallet": wallet,
            "final": content["final_balance"],
            "tier_changes": own.get("tier_changes", []),
            "refused": own.get("refused", {}).get("by_rule", {}),
            "locks": [f"{lock.reason} {lock.lock_time:%Y-%m-%d}" for lock in content["locks"]],
        }
        return figures(outcome, case.balance)

    def _house(self, case: Case) -> Path:
        """The shipped files with the case's own over them; equal files share a house."""
        name = hashlib.sha256(repr(case.files).encode()).hexdigest()[:12]
        house = self._home / (name if case.files else "shipped")
        texts = dict(case.files)
        for shipped in (*SHIPPED, STRATEGY):
            texts.setdefault(shipped, (self._root / shipped).read_text(encoding="utf-8"))
        texts.setdefault("user_data/strategies/SampleStrategy.py", sample_strategy())
        (house / "user_data/data").mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            (house / path).parent.mkdir(parents=True, exist_ok=True)
            (house / path).write_text(text, encoding="utf-8")
        return house


def sample_strategy() -> str:
    """The strategy that freqtrade's `create-userdir` puts into a new user directory."""
    import freqtrade.templates

    folder = Path(str(freqtrade.templates.__file__)).parent
    return (folder / "sample_strategy.py").read_text(encoding="utf-8")


@contextmanager
def engine(root: Path, home: Path, datadir: Path) -> Iterator[Engine]:
    """An engine, quiet and independent of this process's environment, while the context lasts."""
    names = {*map(environment_name, Settings.model_fields), *ALIASES}
    for name in [one for one in os.environ if one.startswith("FREQTRADE__") or one in names]:
        del os.environ[name]
    logging.disable(logging.WARNING)  # freqtrade sets levels of its own
    _copy_trades_shallowly()
    with serve(build_app(SyntheticCandles()), port=0) as url:
        os.environ.update(freqtrade_environment(url, "results", {}))
        yield Engine(root, home, datadir)


def _copy_trades_shallowly() -> None:
    """freqtrade hands each callback a deep copy of the trade, so that a strategy cannot damage it:
    half the time of a backtest. Strategies measured here change no trade, so a shallow copy says
    the same (tests/acceptance/test_results.py compares the two)."""
    from freqtrade.strategy import strategy_wrapper

    setattr(strategy_wrapper, "deepcopy", copy.copy)  # noqa: B010
