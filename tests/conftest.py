"""Shared builders: an ordinary account, an ordinary entry, and the exchanges' real rules."""

import logging
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from nija_plugins import redaction
from nija_plugins.account import Account, Benchmarks
from nija_plugins.entry import EntryRequest, Market
from nija_plugins.scaling.limits import effective_limits
from nija_plugins.scaling.tiers import tier_for
from nija_plugins.settings import Settings
from nija_plugins.view import Regime
from tests.state_files import Clock

# A timing is no property of the code; and the same commit must pass or fail everywhere.
hypothesis.settings.register_profile("nija", deadline=None, derandomize=True)
hypothesis.settings.load_profile("nija")

ROOT = Path(__file__).resolve().parents[1]
WITHOUT_FILTER = {"ai_trade_filter": False}
"""The AI filter needs a year of candles, and enters nothing without: tests about other things
run without it."""
NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)


def an_account(equity: float = 100.0, settings: Settings | None = None, **changes: Any) -> Account:
    """A fresh account, all in cash, in the tier its equity deserves."""
    settings = settings or Settings()
    tier = changes.pop("tier", tier_for(equity, None, 0))
    account = Account(
        time=NOW,
        exchange="kraken",
        cash=equity,
        free_cash=equity,
        positions=(),
        benchmarks=Benchmarks.begin(NOW, equity),
        tier=tier,
        limits=effective_limits(tier, settings),
        started=True,
    )
    return replace(account, **changes)


def a_request(**changes: Any) -> EntryRequest:
    """A good entry into BTC on Kraken: 4% stop, 15% target, 2.5% daily volatility."""
    request = EntryRequest(
        pair="BTC/USD",
        time=NOW,
        price=60_000.0,
        exchange="kraken",
        mode="backtest",
        regime=Regime.BREAKOUT,
        score=0.9,
        stop=0.04,
        target=0.15,
        trail=0.06,
        daily_volatility=0.025,
        market=Market(amount_step=1e-8, amount_min=0.00005, cost_min=0.5, fee=0.004),
        minimum_stake=3.15,
        maximum_stake=1e9,
        tradable_pairs=3,
    )
    return replace(request, **changes)


@pytest.fixture
def account() -> Callable[..., Account]:
    return an_account


@pytest.fixture
def request_for() -> Callable[..., EntryRequest]:
    return a_request


@pytest.fixture(autouse=True)
def plain_logging() -> None:
    """freqtrade sets up logging for the whole process; each test starts with the usual levels, and
    knows no secrets."""
    logging.getLogger().setLevel(logging.WARNING)
    logging.getLogger("nija_plugins.scaling").setLevel(logging.NOTSET)
    redaction.forget()


def copy_of_the_house(folder: Path) -> Path:
    """A scratch copy of the shipped configuration in `folder`."""
    home = folder / "house"
    home.mkdir()
    for name in ("config.micro_capital.json", "config.kraken.json", "config.futures.json"):
        shutil.copy(ROOT / name, home)
    for name in ("config.json", "strategies", "hyperopts", "plugins"):
        source, target = ROOT / "user_data" / name, home / "user_data" / name
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.json"))
        else:
            shutil.copy(source, target)
    return home


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A scratch copy of the shipped configuration, to run commands in without touching ours."""
    return copy_of_the_house(tmp_path)


@pytest.fixture
def state_file(tmp_path: Path) -> Path:
    """Where a bot in `tmp_path` keeps its tier; nothing is there yet."""
    return tmp_path / "user_data" / ".auto_scaling_state.json"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def nija(home: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The installed `nija` command, run in `home`; no AI filter unless `environ` has it."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("nija")), *arguments],
        cwd=home,
        env={**os.environ, "COLUMNS": "200", "AI_TRADE_FILTER": "false", **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )
