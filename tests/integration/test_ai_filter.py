"""The AI filter through freqtrade's own engine: its labels are the engine's trades, its columns
decide, and a bot without history says at its start what to do."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nija_plugins.candles.archive import Archive
from nija_plugins.candles.past import Past
from nija_plugins.guard import Hooks
from nija_plugins.manager import build
from nija_plugins.settings import Settings
from nija_plugins.trade_filter.labels import outcomes
from nija_plugins.trade_filter.samples import seconds
from tests.conftest import copy_of_the_house
from tests.integration.engine import Engine, engine

FEE = 0.004
FREE = {"daily_max_loss": 99, "max_drawdown": 99, "max_consecutive_losses": 99}
"""Limits out of the way: a stop that a floor has tightened is not the plan's."""


@pytest.fixture(scope="module")
def backtests(tmp_path_factory: pytest.TempPathFactory):
    house = copy_of_the_house(tmp_path_factory.mktemp("filter"))
    with pytest.MonkeyPatch.context() as patch, engine(house, patch) as ready:
        yield ready


def test_the_labels_are_what_the_engine_made_of_the_same_entries(backtests: Engine) -> None:
    trades = backtests.backtest(FREE, timerange="20230301-20230601").trades
    trades = trades[trades["exit_reason"] != "force_exit"]
    assert len(trades) > 12
    archive = Archive({"datadir": Path(backtests.house) / "user_data/data/kraken"})
    past = Past(archive=archive, exchange="kraken", quote="USD", fee=FEE)
    ends = pd.Timestamp(trades["close_date"].max()) + pd.Timedelta(hours=1)
    history = past.stored(Hooks(build(Settings())), Settings(), ends)
    for pair, group in trades.groupby("pair"):
        candles = history.before(str(pair), ends)
        opened = seconds(candles["date"])
        signals = np.searchsorted(opened, seconds(group["open_date"])) - 1
        plan = candles[["nija_stop", "nija_trail"]].to_numpy()[signals]
        found = outcomes(candles, signals, plan[:, 0], plan[:, 1], fee=FEE, longest=720)
        assert (opened[found.left] == seconds(group["close_date"])).all()
        assert found.price == pytest.approx(group["close_rate"].to_numpy(), rel=1e-3)  # its tick
        loss = (1 + FEE) - (1 - plan[:, 0]) * (1 - FEE)
        profit = group["profit_ratio"].to_numpy() * (1 + FEE)  # of what was paid, fee included
        assert found.r * loss == pytest.approx(profit, abs=2e-3)
