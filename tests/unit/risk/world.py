"""An exchange without gaps, and NIJA's own strategy object as freqtrade would start it there."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
from freqtrade.enums import RunMode
from freqtrade.persistence import Trade

from tests.unit.stand_ins import SmallStrategy

PAIRS = ("BTC/USD", "ETH/USD", "SOL/USD")
FEE = 0.012
STEP = 1e-8
BEGIN = datetime(2024, 3, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
# From a candle's end to the loop that sees it.
A_MOMENT = timedelta(seconds=5)


class World:
    """An exchange without gaps: prices, money from outside, and the engine's dry-run wallet."""

    def __init__(self, cash: float) -> None:
        self.now = BEGIN + A_MOMENT
        self.outside = cash
        self.read: datetime = self.now
        self.prices = dict.fromkeys(PAIRS, 100.0)
        self.closes: dict[str, list[float]] = {pair: [100.0] for pair in PAIRS}
        self.ends = [BEGIN]
        self.stops = dict.fromkeys(PAIRS, 0.04)

    def next_hour(self, prices: dict[str, float]) -> None:
        """Candles end on whole hours, whenever the bot last looked."""
        end = self.now.replace(minute=0, second=0) + HOUR
        self.now = end + A_MOMENT
        self.prices = prices
        for pair, price in prices.items():
            self.closes[pair].append(price)
        self.ends.append(end)

    @property
    def trades(self) -> list[Trade]:
        return list(Trade.get_trades_proxy(is_open=True))

    @property
    def total(self) -> float:
        """As freqtrade books a dry-run: the entry fee counts when a trade closes."""
        tied = sum(trade.amount * trade.open_rate for trade in self.trades)
        return self.outside + Trade.get_total_closed_profit() - tied

    @property
    def equity(self) -> float:
        paid = sum(t.amount * t.open_rate * t.fee_open for t in self.trades)
        worth = sum(t.amount * self.prices[t.pair] * (1 - FEE) for t in self.trades)
        return self.total - paid + worth

    @property
    def worst_case(self) -> float:
        paid = sum(t.amount * t.open_rate * t.fee_open for t in self.trades)
        worth = sum(
            t.amount * min(t.stop_loss, self.prices[t.pair]) * (1 - FEE) for t in self.trades
        )
        return self.total - paid + worth

    def view(self, pair: str) -> pd.DataFrame:
        """Every candle is a good signal with this pair's present stop."""
        rows = len(self.ends)
        return pd.DataFrame(
            {
                "date": pd.DatetimeIndex([end - HOUR for end in self.ends]),
                "close": self.closes[pair],
                "nija_regime": "breakout",
                "nija_score": 0.9,
                "nija_stop": self.stops[pair],
                "nija_target": 0.9,
                "nija_trail": 0.20,
                "nija_confidence": 0.9,
                "nija_win_prob": 0.7,
                "nija_doubt": None,
                "nija_volatility": 0.03,
                "nija_problem": None,
                "nija_candidate": True,
            },
            index=range(rows),
        )


def bot_in(world: World, folder: Path, nija: dict[str, Any]) -> Any:
    """NIJA's strategy as freqtrade would start it now."""
    strategy = SmallStrategy(
        {
            "user_data_dir": folder,
            "runmode": RunMode.DRY_RUN,
            "dry_run": True,
            "db_url": "sqlite:///machine.sqlite",
            "exchange": {"name": "kraken"},
            "stake_currency": "USD",
            "dry_run_wallet": world.outside,
            "max_open_trades": 2,
            "nija": {"ai_trade_filter": False, **nija},
        }
    )
    limits = {"amount": {"min": 1e-4}, "cost": {"min": 0.5}}
    listed = {"precision": {"amount": STEP}, "limits": limits, "maker": FEE, "taker": FEE}
    strategy.dp = SimpleNamespace(
        current_whitelist=lambda: list(PAIRS),
        market=lambda pair: listed,
        ohlcv=lambda pair, copy=True: world.view(pair),
        send_msg=lambda message, always_send=False: None,
    )

    def update() -> None:
        world.read = world.now

    strategy.wallets = Wallet(
        get_total=lambda currency: world.total if currency == "USD" else 0.0,
        get_free=lambda currency: world.total,
        get_owned=lambda pair, currency: sum(t.amount for t in world.trades if t.pair == pair),
        update=update,
        _exchange=SimpleNamespace(markets=dict.fromkeys(PAIRS, listed)),
    )
    # freqtrade's own name for it.
    type(strategy.wallets)._last_wallet_refresh = property(lambda _: world.read)
    return strategy


class Wallet(SimpleNamespace):
    """A namespace of its own, so that the property above stays here."""
