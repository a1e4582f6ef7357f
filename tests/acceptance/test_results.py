"""The engine behind docs/results.md: it says what freqtrade says, and the yardsticks trade."""

import copy
import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from freqtrade.strategy import strategy_wrapper

from nija_plugins.research.study import grid
from nija_plugins.research.study.case import PAUSED, Case
from nija_plugins.research.study.engine import Engine, engine
from nija_plugins.venue.market.files import write_synthetic_candles
from tests.conftest import ROOT

QUARTER, MONTH = "20230401-20230701", "20230401-20230501"


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    home = tmp_path_factory.mktemp("results")
    first, end = datetime(2022, 12, 1, tzinfo=UTC), datetime(2023, 8, 1, tzinfo=UTC)
    write_synthetic_candles(home / "candles", first, end, seed=3, timeframes=("1h", "4h", "1d"))
    before, deepcopy = dict(os.environ), strategy_wrapper.deepcopy
    with engine(ROOT, home / "houses", home / "candles") as made:
        yield made
    # Made for processes of its own, it changes the one it is in.
    logging.disable(logging.NOTSET)
    strategy_wrapper.deepcopy = deepcopy
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.slow
def test_a_shallow_copy_of_a_trade_says_what_freqtrade_s_deep_one_says(
    ready: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case("kraken", MONTH, nija=PAUSED)
    quick = ready.backtest(case)
    monkeypatch.setattr(strategy_wrapper, "deepcopy", copy.deepcopy)
    assert ready.backtest(case) == quick
    assert quick["trades"] > 2


@pytest.mark.parametrize("name", list(grid.references()))
def test_every_reference_trades(ready: Engine, name: str) -> None:
    reference = grid.references()[name]
    told = ready.backtest(
        Case("kraken", QUARTER, strategy=reference.strategy, timeframe=reference.timeframe)
    )
    assert told["trades"] > 0
    assert told["exposure"] > 0
    assert told["fees"] > 0


@pytest.mark.slow
def test_an_experiment_is_laid_over_the_shipped_files_and_acts(ready: Engine) -> None:
    shipped = ready.backtest(Case("kraken", MONTH, nija=PAUSED))
    drawn = grid.random_entries()["random entries 1"]
    flat = grid.ablations(False)["without weights"]
    bent = grid.bent(ROOT)["trail distance"]["−20%"]
    told = [
        ready.backtest(Case("kraken", MONTH, nija=one.nija, disable=one.disable, files=one.files))
        for one in (drawn, flat, bent)
    ]
    for one in told:
        assert one["trades"] > 0
        assert one["final"] != shipped["final"]
