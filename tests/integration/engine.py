"""Backtests in this process (see `nija_plugins.research.engine`): six months of the synthetic
market, Kraken's rules and fees."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nija_plugins.research import engine as research
from nija_plugins.research.engine import Outcome, simulated
from nija_plugins.venue.market.candles import SyntheticCandles
from nija_plugins.venue.market.files import write_synthetic_candles
from tests.conftest import WITHOUT_FILTER

__all__ = ["Engine", "Outcome", "engine"]

SEED = 3
FIRST = datetime(2022, 1, 1, tzinfo=UTC)
"""The year before 2023 is what the AI filter learns from."""
START, END = (datetime(2023, *day, tzinfo=UTC) for day in ((3, 1), (9, 1)))
TIMERANGE = f"{START:%Y%m%d}-{END:%Y%m%d}"


class Engine:
    """Backtests of the strategy in `house` (see the fixture of that name)."""

    def __init__(self, house: Path) -> None:
        self.house = house
        self._engine = research.Engine(house)

    def backtest(
        self,
        nija: Mapping[str, Any] | None = None,
        wallet: float = 100,
        timerange: str = TIMERANGE,
        **config: Any,
    ) -> Outcome:
        """One backtest with `nija` settings on top of the shipped ones and `config` on top of
        freqtrade's; without the AI filter unless `nija` has it."""
        datadir = self.house / "user_data/data/kraken"
        nija = {**WITHOUT_FILTER, **(nija or {})}
        return self._engine.backtest(timerange, datadir=datadir, nija=nija, wallet=wallet, **config)


@contextmanager
def engine(house: Path, monkeypatch: Any) -> Iterator[Engine]:
    """An engine over six months of synthetic candles in `house`."""
    write_synthetic_candles(house / "user_data/data/kraken", FIRST, END, seed=SEED)
    with simulated(SyntheticCandles(SEED)):
        yield Engine(house)
