"""A futures backtest, run as a user would: the account crosses $1,000, and leverage starts there.

Equity, tier, plan and the room to liquidation are worked out anew from freqtrade's trades and the
candle files; nothing of NIJA's money code takes part.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from math import floor
from pathlib import Path

import pandas as pd
import pytest

from nija_plugins.cli.offline import Exchange
from nija_plugins.venue.market.files import write_synthetic_candles
from tests.acceptance.backtests import Case, backtest
from tests.acceptance.candles import Candles, hour_of
from tests.acceptance.money import Tier, tier_of

SEED, BALANCE = 3, 990
FEE, MAINTENANCE, BUFFER = 0.0005, 0.01, 0.05
"""Kraken Futures' taker fee, its smallest margin level, freqtrade's liquidation_buffer."""
ASSETS = ("BTC", "ETH", "SOL")


@dataclass(frozen=True)
class Run:
    """A backtest's trades, the candles, and what longs paid per unit at each hour."""

    trades: pd.DataFrame
    candles: dict[str, Candles]
    funding: dict[str, pd.Series]

    def equity(self, hour: int) -> float:
        """What the account was worth when the candle of `hour` opened, before anything was done."""
        worth = float(BALANCE)
        for trade in self.trades.itertuples():
            opened, closed = hour_of(trade.open_date), hour_of(trade.close_date)
            if closed < hour:
                worth += trade.profit_abs
            elif opened < hour:
                mark = self.candles[trade.pair].mark(hour)
                paid = self.funding[trade.pair].loc[opened : hour - 1].sum()
                cost = trade.open_rate * (1 + FEE)
                worth += trade.amount * (mark * (1 - FEE) - cost - paid)
        return worth

    @cached_property
    def tiers(self) -> dict[int, Tier | None]:
        """The tier in each hour up to the last entry."""
        opened = [hour_of(date) for date in self.trades["open_date"]]
        tier, found = None, {}
        for hour in range(hour_of(datetime(2023, 1, 1, 1, tzinfo=UTC)), max(opened) + 1):
            tier = tier_of(self.equity(hour), tier)
            found[hour] = tier
        return found


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = tmp_path_factory.mktemp("futures")
    datadir = home / "candles"
    first, last = datetime(2022, 9, 1, tzinfo=UTC), datetime(2023, 4, 1, tzinfo=UTC)
    write_synthetic_candles(datadir, first, last, seed=SEED, futures=True)
    case = Case(Exchange.KRAKENFUTURES, BALANCE, "20230101-20230401")
    result = backtest(case, datadir, home)
    files = {f"{asset}/USD:USD": datadir / "futures" / f"{asset}_USD_USD" for asset in ASSETS}
    return Run(
        pd.DataFrame(result.trades),
        {pair: Candles(Path(f"{file}-1h-futures.feather")) for pair, file in files.items()},
        {pair: _paid(file) for pair, file in files.items()},
    )


def _paid(file: Path) -> pd.Series:
    """What a long paid per unit at each whole hour since 1970: rate × mark."""
    rates = pd.read_feather(f"{file}-1h-funding_rate.feather").set_index("date")["funding_rate"]
    marks = pd.read_feather(f"{file}-1h-mark.feather").set_index("date")["open"]
    paid = (rates * marks).dropna()
    return paid.set_axis([hour_of(date) for date in paid.index])


def test_leverage_starts_where_the_account_crosses_1000(run: Run) -> None:
    tiers = run.tiers
    before, after = [], []
    for trade in run.trades.itertuples():
        hour = hour_of(trade.open_date)
        tier = tiers[hour]
        assert tier is not None
        (after if tier.name == "ELITE" else before).append(trade)
        expected = 1.0
        if tier.name == "ELITE":
            stop = run.candles[trade.pair].plan(hour).stop
            most = 1 / (1 - (1 - 2 * stop / (1 - BUFFER)) * (1 - MAINTENANCE - FEE))
            expected = floor(min(2.0, most) * 10) / 10
            assert expected > 1
        assert trade.leverage == expected, trade
    crossed = next(hour for hour, tier in tiers.items() if tier and tier.name == "ELITE")
    assert run.equity(crossed) >= 1_000 > run.equity(crossed - 1)
    assert len(before) >= 2 and len(after) >= 10
    assert max(hour_of(trade.open_date) for trade in before) < crossed, "it stayed ELITE"


def test_no_position_risks_more_for_its_leverage(run: Run) -> None:
    tiers = run.tiers
    for trade in run.trades.itertuples():
        hour = hour_of(trade.open_date)
        tier, equity = tiers[hour], run.equity(hour)
        assert tier is not None
        stop = run.candles[trade.pair].plan(hour).stop
        position = trade.amount * trade.open_rate
        assert position == pytest.approx(trade.stake_amount * trade.leverage)
        assert position * (stop + FEE * (2 - stop)) <= tier.risk * equity * (1 + 1e-9)
        assert trade.stake_amount <= 0.18 * equity * (1 + 1e-9)
        assert position <= 0.36 * equity * (1 + 1e-9)


def test_nothing_is_liquidated_and_funding_is_paid(run: Run) -> None:
    assert "liquidation" not in set(run.trades["exit_reason"])
    for trade in run.trades.itertuples():
        hours = slice(hour_of(trade.open_date), hour_of(trade.close_date))
        paid = run.funding[trade.pair].loc[hours].sum() * trade.amount
        assert trade.funding_fees == pytest.approx(-paid, abs=1e-6)
