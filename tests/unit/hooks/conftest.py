"""A strategy with one plugin more, on candles and a wallet that a test holds in its hands."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pluggy
import pytest
from freqtrade.enums import RunMode
from freqtrade.persistence import FtNoDBContext, LocalTrade, PairLocks

from nija_plugins import hookimpl, manager
from nija_plugins.settings import Settings
from nija_plugins.venue.market.generator import synthetic_candles
from nija_plugins.view import Plan
from tests.conftest import WITHOUT_FILTER
from tests.unit.stand_ins import SmallStrategy, filled_order

PAIR = "BTC/USD"
NOW = datetime(2024, 3, 1, tzinfo=UTC)
"""When the last candle closes, and a 4h bar with it."""
FEE = 0.004


class Recorder:
    """Stands in for a plugin's function: keeps what it was given and gives a fixed answer."""

    def __init__(self, *arguments: str, answer: Any = None) -> None:
        self.calls: list[dict[str, Any]] = []
        names = ", ".join(arguments)
        # pluggy reads a function's arguments from its signature.
        scope: dict[str, Any] = {"calls": self.calls, "answer": answer}
        given = ", ".join(f"{name}={name}" for name in arguments)
        exec(f"def told({names}):\n    calls.append(dict({given}))\n    return answer", scope)
        self.function: Callable[..., Any] = scope["told"]


def built_with(settings: Settings, **mine: Any) -> pluggy.PluginManager:
    """All of NIJA's plugins and one called "mine", of functions and Recorders by hook name."""
    built = manager.build(settings)
    functions = {
        hook: hookimpl(one.function if isinstance(one, Recorder) else one)
        for hook, one in mine.items()
    }
    built.register(SimpleNamespace(**functions), name="mine")
    return built


@pytest.fixture(scope="session")
def candles() -> pd.DataFrame:
    """Two months of hours that end at NOW."""
    return synthetic_candles("BTC", NOW - timedelta(days=60), NOW)


class Bot:
    """A backtest held still at NOW: a good signal on the last candle, `cash` USD in the wallet."""

    def __init__(
        self, candles: pd.DataFrame, folder: Path, cash: float, *, futures: bool, **mine: Any
    ) -> None:
        self.cash, self.price = cash, float(candles["close"].iloc[-1])
        self.strategy = SmallStrategy(
            {
                "user_data_dir": folder,
                "runmode": RunMode.BACKTEST,
                "exchange": {"name": "kraken"},
                "stake_currency": "USD",
                "dry_run_wallet": cash,
                "nija": WITHOUT_FILTER if "nija_confidence" not in mine else {},
            }
        )
        index = candles.index

        def everywhere(value: float) -> pd.Series:
            return pd.Series(value, index=index)

        good = {
            "nija_score": lambda votes: everywhere(0.9),
            "nija_plan": lambda dataframe: Plan(
                everywhere(0.04), everywhere(0.15), everywhere(0.06)
            ),
        }
        settings = self.strategy.nija_settings
        self.strategy._build_manager = lambda: built_with(settings, **(good | mine))
        limits = {"amount": {"min": 5e-5}, "cost": {"min": 0.5}}
        listed: dict[str, Any] = {
            "precision": {"amount": 1e-8},
            "limits": limits,
            "maker": 0.0025,
            "taker": FEE,
        }
        listed["contract"] = futures
        self.strategy.dp = SimpleNamespace(
            get_pair_dataframe=lambda pair, timeframe: pd.DataFrame(),
            market=lambda pair: listed,
            _exchange=SimpleNamespace(
                get_maintenance_ratio_and_amt=lambda pair, notional: (0.01, None)
            ),
        )
        self.strategy.wallets = SimpleNamespace(
            get_total=lambda currency: self.cash, get_free=lambda currency: self.cash
        )
        self.strategy.candidates(self.strategy.look(candles.copy(), PAIR), PAIR)

    def loop(self, now: datetime = NOW) -> None:
        """freqtrade's loop, or a backtest's candle, begins."""
        self.strategy.bot_loop_start(current_time=now)

    def ask_leverage(self, max_leverage: float = 50.0) -> float:
        """freqtrade asks for the leverage of an entry into futures, before its stake."""
        return self.strategy.leverage(
            pair=PAIR,
            current_time=NOW,
            current_rate=self.price,
            proposed_leverage=1.0,
            max_leverage=max_leverage,
            entry_tag=None,
            side="long",
        )

    def ask(self, now: datetime = NOW, leverage: float = 1.0, side: str = "long") -> float:
        """freqtrade asks for the stake of an entry; 0 is none."""
        return self.strategy.custom_stake_amount(
            pair=PAIR,
            current_time=now,
            current_rate=self.price,
            proposed_stake=self.cash,
            min_stake=1.0,
            max_stake=self.cash,
            leverage=leverage,
            entry_tag=None,
            side=side,
        )

    def fill(self, trade: LocalTrade, side: str, price: float, amount: float) -> None:
        """freqtrade says that an order of `trade` has filled."""
        order = filled_order(PAIR, side, amount, price, NOW)
        self.strategy.order_filled(pair=PAIR, trade=trade, order=order, current_time=NOW)


@pytest.fixture
def bot(tmp_path: Path, candles: pd.DataFrame) -> Iterator[Callable[..., Bot]]:
    """Builds a Bot: `bot(nija_veto=...)`, `bot(cash=240)`, `bot(futures=True)`."""

    def build(cash: float = 100.0, *, futures: bool = False, **mine: Any) -> Bot:
        return Bot(candles, tmp_path, cash, futures=futures, **mine)

    with FtNoDBContext("1h"):
        LocalTrade.reset_trades()
        PairLocks.reset_locks()
        yield build
