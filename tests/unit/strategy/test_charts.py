"""freqtrade's own plotting, and FreqUI's schema, accept what the strategy offers to draw."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import RunMode
from freqtrade.rpc.api_server.api_schemas import PlotConfig

from nija_plugins.chart import LEVELS, PLOT_CONFIG
from nija_plugins.view import Regime
from tests.unit.strategy.test_strategy import candles, daily_of, strategy  # noqa: F401


@pytest.fixture(scope="module")
def analysed(candles: pd.DataFrame) -> pd.DataFrame:  # noqa: F811
    nija: Any = strategy(nija={"ai_trade_filter": False})
    nija.dp = SimpleNamespace(get_pair_dataframe=lambda pair, timeframe: daily_of(candles))
    frame = nija.populate_indicators(candles.copy(), {"pair": "BTC/USD"})
    found: pd.DataFrame = nija.populate_entry_trend(frame, {"pair": "BTC/USD"})
    return found


def drawn() -> set[str]:
    """Every column that is drawn."""
    plots = [PLOT_CONFIG["main_plot"], *PLOT_CONFIG["subplots"].values()]
    return {column for plot in plots for column in plot}


def test_every_column_that_is_drawn_is_there_and_numeric(analysed: pd.DataFrame) -> None:
    for column in drawn():
        assert pd.api.types.is_float_dtype(analysed[column]), column
        if column != "nija_confidence":  # no filter serves it
            assert analysed[column].notna().mean() > 0.5, column


def test_the_prices_are_the_plan_s_and_the_level_is_the_regime_s(analysed: pd.DataFrame) -> None:
    np.testing.assert_allclose(
        analysed["nija_stop_price"], analysed["close"] * (1 - analysed["nija_stop"])
    )
    np.testing.assert_allclose(
        analysed["nija_target_price"], analysed["close"] * (1 + analysed["nija_target"])
    )
    assert set(LEVELS) == set(Regime) - {Regime.UNKNOWN}
    unknown = analysed["nija_regime"] == Regime.UNKNOWN
    assert analysed["nija_regime_level"].isna().equals(unknown)


def test_frequi_takes_it() -> None:
    nija = strategy()
    taken = PlotConfig.model_validate(nija.plot_config)
    assert taken.model_dump(exclude_none=True)["subplots"].keys() == PLOT_CONFIG["subplots"].keys()


@pytest.mark.parametrize("mode", [RunMode.PLOT, RunMode.WEBSERVER])
def test_what_only_draws_has_neither_wallets_nor_a_list_of_pairs(mode: RunMode) -> None:
    nija = strategy(runmode=mode)
    nija.dp = DataProvider(nija.config, exchange=None, pairlists=None)
    nija.bot_start()
    nija.bot_loop_start(current_time=datetime.now(UTC))


def test_plot_dataframe_draws_it(analysed: pd.DataFrame) -> None:
    plotting = pytest.importorskip("freqtrade.plot.plotting")
    figure = plotting.generate_candlestick_graph(
        pair="BTC/USD",
        data=analysed.iloc[-500:],
        trades=pd.DataFrame(),
        plot_config=strategy().plot_config,
    )
    names = {trace.name for trace in figure.data}
    assert drawn() <= names
