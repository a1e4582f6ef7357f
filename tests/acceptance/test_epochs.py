"""An epoch is what its parameters make it: in order, shuffled, and alone.

In hyperopt one strategy object lives through many epochs and nobody tells it that another begins.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from freqtrade.data.converter import trim_dataframes
from freqtrade.data.history import get_timerange
from freqtrade.enums import RunMode
from freqtrade.optimize.backtesting import Backtesting

from nija_plugins.account import Account
from nija_plugins.guard import Hooks
from nija_plugins.research.engine import Engine, simulated
from nija_plugins.run import Run
from nija_plugins.venue.market.candles import SyntheticCandles
from nija_plugins.venue.market.files import write_synthetic_candles

EPOCHS = 20
OFTEN = {"scores": 1.2, "targets": 1.3, "stops": 0.6, "trails": 0.6}
"""Bent so that it enters, and leaves, often."""
Epoch = Callable[[dict[str, float]], pd.DataFrame]


@pytest.fixture
def optimizer(house: Path) -> Iterator[Callable[..., Epoch]]:
    """Makes what a hyperopt worker holds: one strategy object, its candles analysed once."""
    datadir = house / "user_data/data/kraken"
    first, last = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 5, 2, tzinfo=UTC)
    write_synthetic_candles(datadir, first, last)

    def make(**settings: float) -> Epoch:
        config = Engine(house)._config("20240301-20240501", datadir, "kraken")
        config |= {"runmode": RunMode.HYPEROPT, "dry_run_wallet": 100}
        # Limits near enough to be reached: locks, a streak and a peak to forget.
        config["nija"] |= {
            "ai_trade_filter": False,
            "daily_max_loss": 1,
            "max_drawdown": 3,
            "drawdown_pause_days": 5,
            "max_consecutive_losses": 2,
        } | settings
        run = Backtesting(config)
        data, span = run.load_bt_data()
        strategy = run.strategylist[0]
        run._set_strategy(strategy)
        analysed = strategy.advise_all_indicators(data)
        candles = trim_dataframes(analysed, span, run.required_startup)
        begin, end = get_timerange(candles)

        def epoch(parameters: dict[str, float]) -> pd.DataFrame:
            for name, value in parameters.items():
                getattr(strategy, name).value = value
            copies = {pair: frame.copy() for pair, frame in candles.items()}
            found: Any = run.backtest(processed=copies, start_date=begin, end_date=end)
            columns = ["pair", "open_date", "close_date", "stake_amount", "profit_abs"]
            results: pd.DataFrame = found["results"][columns]
            return results

        return epoch

    with simulated(SyntheticCandles()):
        yield make
        Backtesting.cleanup()


@pytest.mark.slow
def test_in_order_shuffled_and_alone(optimizer: Callable[..., Epoch]) -> None:
    rng = np.random.default_rng(1)
    parameters = [
        {name: float(rng.uniform(0.8, 1.2)) for name in ("scores", "stops", "trails")}
        for _ in range(EPOCHS)
    ]
    one = optimizer()
    in_order = [one(epoch) for epoch in parameters]
    assert len({len(trades) for trades in in_order}) > 1, "the parameters change something"
    shuffled = rng.permutation(EPOCHS)
    another = optimizer()
    for number in shuffled:
        pd.testing.assert_frame_equal(another(parameters[number]), in_order[number])
    for number in range(EPOCHS):
        pd.testing.assert_frame_equal(optimizer()(parameters[number]), in_order[number])


@pytest.mark.parametrize("pause", [5, 0.04], ids=["days", "an hour"])
def test_an_hour_in_which_nothing_changed_is_valued_by_the_last_one(
    optimizer: Callable[..., Epoch], monkeypatch: pytest.MonkeyPatch, pause: float
) -> None:
    """Plugins are told the same account, hour by hour, as if each had been valued."""
    told: list[Account] = []
    valued: list[Account] = []

    def tell(hooks: Hooks, hook: str, **given: Any) -> bool:
        if hook == "nija_equity":
            told.append(given["account"])
        return telling(hooks, hook, **given)

    def account(run: Run, *given: Any, **more: Any) -> Account:
        valued.append(valuing(run, *given, **more))
        return valued[-1]

    telling, valuing = Hooks.tell, Run.account
    monkeypatch.setattr(Hooks, "tell", tell)
    monkeypatch.setattr(Run, "account", account)
    trades = optimizer(drawdown_pause_days=pause)(OFTEN)
    spared, few = list(told), len(valued)
    told.clear()
    valued.clear()
    monkeypatch.setattr(Run, "unmoved", lambda *_: None)
    pd.testing.assert_frame_equal(optimizer(drawdown_pause_days=pause)(OFTEN), trades)
    assert len(trades) > 5
    assert any(one.locks for one in told)
    assert len({one.tier for one in told}) > 1
    assert spared == told
    assert few < len(valued) * 2 / 3
