"""What ccxt and freqtrade understand when the simulated Kraken Futures speaks."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import ccxt
import pandas as pd
import pytest

from nija_plugins.requests import market_rules
from nija_plugins.venue.app import build_app
from nija_plugins.venue.environment import addresses
from nija_plugins.venue.kraken.futures import LARGEST_FUNDING, funding_rates
from nija_plugins.venue.listings import KRAKEN_FUTURES
from nija_plugins.venue.market.candles import SyntheticCandles
from nija_plugins.venue.server import serve

NOW = datetime(2022, 3, 1, 12, 30, tzinfo=UTC)
PAIRS = ("BTC/USD:USD", "ETH/USD:USD", "SOL/USD:USD")
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def api() -> Iterator[Any]:
    with serve(build_app(SyntheticCandles(), lambda: NOW), port=0) as url:
        client = ccxt.krakenfutures({"urls": {"api": addresses(url)}, "enableRateLimit": False})
        client.load_markets()
        # ccxt asks for candles up to its own clock's now.
        client.seconds = lambda: int(NOW.timestamp())
        yield client


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def test_perpetual_futures_with_their_rules(api: Any) -> None:
    assert sorted(api.markets) == sorted(PAIRS)
    for pair in PAIRS:
        market, listing = api.market(pair), KRAKEN_FUTURES.listing(pair)
        assert market["swap"] and market["linear"] and market["contractSize"] == 1
        assert market["id"] == listing.id
        rules = market_rules(pair, market, None, 0.01)
        assert rules.amount_step == float(listing.amount_step)
        assert market["precision"]["price"] == float(listing.price_tick)
        assert rules.fee == 0.0005
        assert rules.maintenance == pytest.approx(0.0105)


def test_margin_levels(api: Any) -> None:
    first, second, *_ = api.fetch_leverage_tiers(["BTC/USD:USD"])["BTC/USD:USD"]
    assert (first["maxLeverage"], first["maintenanceMarginRate"]) == (50, 0.01)
    assert first["maxNotional"] == second["minNotional"] == 500_000


def test_prices(api: Any) -> None:
    last = SyntheticCandles().last_price("BTC/USD", NOW)
    for ticker in (api.fetch_ticker("BTC/USD:USD"), api.fetch_tickers()["BTC/USD:USD"]):
        assert ticker["last"] == pytest.approx(last, abs=1)
        assert ticker["markPrice"] == ticker["last"]
        assert ticker["bid"] < ticker["ask"]
    book = api.fetch_order_book("SOL/USD:USD")
    assert book["bids"][0][0] < book["asks"][0][0]
    with pytest.raises(ccxt.BadSymbol):
        api.publicGetOrderbook({"symbol": "PF_DOGEUSD"})


def test_candles_of_trades_and_of_the_mark(api: Any) -> None:
    since = NOW.replace(minute=0) - 3 * HOUR
    asked = {"since": milliseconds(since), "limit": 10}
    rows = api.fetch_ohlcv("ETH/USD:USD", "1h", **asked)
    assert [row[0] for row in rows] == [milliseconds(since + n * HOUR) for n in range(4)]
    assert api.fetch_ohlcv("ETH/USD:USD", "1h", **asked, params={"price": "mark"}) == rows
    assert len(api.fetch_ohlcv("ETH/USD:USD", "1d", limit=5)) == 5
    with pytest.raises(ccxt.BadRequest):
        api.fetch_ohlcv("ETH/USD:USD", "5m", limit=5)


def test_funding_every_hour_that_has_come(api: Any) -> None:
    since = NOW - timedelta(days=2)
    found = api.fetch_funding_rate_history("SOL/USD:USD", milliseconds(since), 100)
    times = [one["timestamp"] for one in found]
    assert times[-1] == milliseconds(NOW.replace(minute=0))
    assert set(pd.Series(times).diff().dropna()) == {3_600_000}
    assert all(abs(one["fundingRate"]) <= LARGEST_FUNDING for one in found)


def test_a_funding_rate_is_known_before_its_hour() -> None:
    """Whatever the price does from there on."""
    source, start = SyntheticCandles(), NOW.replace(minute=0) - 5 * HOUR
    early = funding_rates(source, "BTC/USD", start, start + HOUR, now=start + HOUR / 60)
    late = funding_rates(source, "BTC/USD", start, start + HOUR, now=NOW)
    assert len(early) == 1
    pd.testing.assert_frame_equal(early, late)
    closes = source.candles("BTC/USD", "1h", start - 26 * HOUR, start, start)["close"]
    change = closes.iloc[-1] / closes.iloc[-25] - 1
    assert late["funding_rate"].iloc[0] == pytest.approx(1e-5 + 2e-4 * change, abs=1e-9)
