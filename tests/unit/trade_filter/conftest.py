"""Seventeen months of synthetic candles on disk, as download-data leaves them."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from freqtrade.enums import RunMode

from nija_plugins import manager
from nija_plugins.candles.archive import Archive
from nija_plugins.candles.history import CANDLES
from nija_plugins.candles.past import Past
from nija_plugins.guard import Hooks
from nija_plugins.market import add_view
from nija_plugins.settings import Settings
from nija_plugins.trade_filter import store, training
from nija_plugins.venue.market.files import write_synthetic_candles

PAIRS = ("BTC/USD", "ETH/USD", "SOL/USD")
FIRST, LAST = datetime(2022, 1, 1, tzinfo=UTC), datetime(2023, 6, 1, tzinfo=UTC)
FEE = 0.004
HOOKS = Hooks(manager.build(Settings()))


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded")
    write_synthetic_candles(folder, FIRST, LAST, seed=5, timeframes=("1h",))
    return folder


@pytest.fixture
def datadir(recorded: Path, tmp_path: Path) -> Path:
    """A copy to write in."""
    return Path(shutil.copytree(recorded, tmp_path / "data"))


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Nothing is remembered from other tests; call it to forget once more."""
    monkeypatch.setattr(store, "_recent", type(store._recent)())
    monkeypatch.setattr(training, "_recent", type(training._recent)())

    def forget() -> None:
        store._recent.clear()
        training._recent.clear()

    yield forget


def archive(folder: Path | None, mode: RunMode = RunMode.BACKTEST) -> Archive:
    return Archive({"datadir": folder, "runmode": mode})


def stored(folder: Path, pair: str = "BTC/USD") -> pd.DataFrame:
    """What is on disk."""
    return pd.read_feather(folder / f"{pair.replace('/', '_')}-1h.feather")[CANDLES]


def past(candles: Archive, exchange: str = "coinbase", **changes: Any) -> Past:
    return Past(archive=candles, exchange=exchange, quote="USD", fee=FEE, **changes)


def view(dataframe: pd.DataFrame, beyond: Past, pair: str = "BTC/USD") -> pd.DataFrame:
    """NIJA's columns of `dataframe`, with the shipped plugins and settings."""
    return add_view(dataframe, pair, HOOKS, Settings(), beyond)
