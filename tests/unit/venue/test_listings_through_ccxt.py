"""What ccxt and freqtrade understand when the simulated exchange speaks."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import ccxt
import pytest
from freqtrade.enums import CandleType, RunMode
from freqtrade.resolvers import ExchangeResolver

from nija_plugins.venue.app import build_app
from nija_plugins.venue.listings import EXCHANGES, ExchangeRules
from nija_plugins.venue.market.candles import SyntheticCandles
from nija_plugins.venue.server import VenueError, serve

PAIRS = ("BTC/USD", "ETH/USD", "SOL/USD")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve(build_app(SyntheticCandles()), port=0) as base:
        yield base


def addresses(url: str) -> dict[str, Any]:
    names = ("rest", "public", "private", "zendesk")
    return {"urls": {"api": dict.fromkeys(names, url)}, "enableRateLimit": False}


@pytest.fixture(scope="module", params=sorted(EXCHANGES))
def rules(request) -> ExchangeRules:
    return EXCHANGES[request.param]


@pytest.fixture(scope="module")
def api(url: str, rules: ExchangeRules) -> Any:
    client = getattr(ccxt, rules.name)(addresses(url))
    client.load_markets()
    return client


@pytest.fixture(scope="module")
def exchange(url: str, rules: ExchangeRules) -> Iterator[Any]:
    pricing = {"price_side": "other", "use_order_book": False}
    config = {
        "exchange": {
            "name": rules.name,
            "pair_whitelist": list(PAIRS),
            "ccxt_config": addresses(url),
        },
        "stake_currency": "USD",
        "dry_run": True,
        "trading_mode": "spot",
        "margin_mode": "",
        "runmode": RunMode.DRY_RUN,
        "candle_type_def": CandleType.SPOT,
        "timeframe": "1h",
        "entry_pricing": pricing,
        "exit_pricing": pricing,
    }
    loaded = ExchangeResolver.load_exchange(config, validate=True)
    yield loaded
    loaded.close()


class TestMarkets:
    """The listings arrive as they were written down."""

    def test_all_pairs_and_no_other(self, api) -> None:
        assert sorted(api.markets) == sorted(PAIRS)

    def test_limits_precision_and_fees(self, api, rules: ExchangeRules) -> None:
        for pair in PAIRS:
            market, listing = api.market(pair), rules.listing(pair)
            assert market["id"] == listing.id
            assert market["spot"] and market["active"]
            assert market["precision"]["amount"] == float(listing.amount_step)
            assert market["precision"]["price"] == float(listing.price_tick)
            assert market["limits"]["amount"]["min"] == float(listing.amount_min)
            assert market["limits"]["cost"]["min"] == float(listing.cost_min)
            assert market["maker"] == float(rules.maker)
            assert market["taker"] == float(rules.taker)

    def test_freqtrade_agrees(self, exchange, rules: ExchangeRules) -> None:
        for pair in PAIRS:
            listing = rules.listing(pair)
            assert exchange.market_is_tradable(exchange.markets[pair])
            assert exchange.get_fee(pair, taker_or_maker="taker") == float(rules.taker)
            smallest = exchange.get_min_pair_stake_amount(pair, 10_000.0, -0.05)
            assert smallest >= max(float(listing.cost_min), float(listing.amount_min) * 10_000)

    def test_known_market_facts(self) -> None:
        coinbase, kraken = EXCHANGES["coinbase"], EXCHANGES["kraken"]
        assert (float(coinbase.maker), float(coinbase.taker)) == (0.006, 0.012)
        assert (float(kraken.maker), float(kraken.taker)) == (0.0025, 0.004)
        assert float(coinbase.listing("SOL/USD").cost_min) == 1
        assert float(kraken.listing("SOL/USD").amount_min) == 0.02
        with pytest.raises(KeyError, match="coinbase does not list DOGE/USD"):
            coinbase.listing("DOGE/USD")


class TestPrices:
    """Tickers and books around one price."""

    @pytest.mark.parametrize("pair", PAIRS)
    def test_ticker(self, api, pair: str) -> None:
        ticker = api.fetch_ticker(pair)
        last = SyntheticCandles().last_price(pair, datetime.now(UTC))
        assert last is not None
        assert ticker["last"] == pytest.approx(last, rel=0.01)
        assert ticker["bid"] < ticker["ask"]
        two_ticks = 0.02 if pair != "BTC/USD" else 0.2
        assert ticker["ask"] - ticker["bid"] < max(0.001 * ticker["last"], 1.01 * two_ticks)

    def test_tickers(self, api) -> None:
        assert sorted(api.fetch_tickers()) == sorted(PAIRS)

    def test_order_book(self, api) -> None:
        book = api.fetch_order_book("SOL/USD", 5)
        bids, asks = ([level[0] for level in book[side]] for side in ("bids", "asks"))
        assert len(bids) == len(asks) == 5
        assert bids == sorted(bids, reverse=True) and asks == sorted(asks)
        assert bids[0] < asks[0]

    def test_freqtrade_finds_a_rate(self, exchange) -> None:
        entry = exchange.get_rate("BTC/USD", refresh=True, side="entry", is_short=False)
        exit_ = exchange.get_rate("BTC/USD", refresh=True, side="exit", is_short=False)
        assert entry > exit_ > 0

    def test_time(self, api) -> None:
        now = datetime.now(UTC).timestamp() * 1000
        assert api.fetch_time() == pytest.approx(now, abs=5000)


class TestCandles:
    """Closed candles and the forming one, as freqtrade wants them."""

    def test_freqtrade_gets_closed_candles_up_to_now(self, exchange) -> None:
        wanted = ("BTC/USD", "1h", CandleType.SPOT)
        frame = exchange.refresh_latest_ohlcv([wanted], cache=False)[wanted]
        now = datetime.now(UTC)
        assert len(frame) >= 299
        assert now - frame["date"].iloc[-1] < timedelta(hours=2, minutes=1)
        assert (frame["date"].diff().dropna() == timedelta(hours=1)).all()
        assert frame["close"].iloc[-1] == pytest.approx(
            SyntheticCandles()
            .candles("BTC/USD", "1h", frame["date"].iloc[-1], now, now)["close"]
            .iloc[0],
            abs=0.06,
        )

    def test_history(self, exchange, rules: ExchangeRules) -> None:
        if rules.name == "kraken":
            pytest.skip("Kraken serves no candles before the last 720")
        since = datetime(2024, 1, 1, tzinfo=UTC)
        frame = exchange.get_historic_ohlcv(
            "ETH/USD",
            "1d",
            int(since.timestamp() * 1000),
            candle_type=CandleType.SPOT,
            until_ms=int((since + timedelta(days=700)).timestamp() * 1000),
        )
        assert frame["date"].iloc[0] == since
        assert (frame["date"].diff().dropna() == timedelta(days=1)).all()
        assert len(frame) >= 700

    def test_the_timeframes_an_exchange_lacks(self, api, rules: ExchangeRules) -> None:
        missing = {"coinbase": "4h", "kraken": "6h"}[rules.name]
        with pytest.raises(ccxt.BaseError):
            api.fetch_ohlcv("BTC/USD", missing)

    def test_kraken_has_720_rows_and_the_last_is_forming(self, api, rules: ExchangeRules) -> None:
        if rules.name != "kraken":
            pytest.skip("Coinbase counts 300 a request")
        rows = api.fetch_ohlcv("BTC/USD", "4h", since=0)
        assert len(rows) == 720
        opened = datetime.fromtimestamp(rows[-1][0] / 1000, UTC)
        assert datetime.now(UTC) - opened < timedelta(hours=4)

    def test_coinbase_counts_300_a_request(self, api, rules: ExchangeRules) -> None:
        if rules.name != "coinbase":
            pytest.skip("Kraken always serves 720 rows")
        since = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp() * 1000)
        rows = api.fetch_ohlcv("BTC/USD", "1h", since=since)
        assert len(rows) == 300 and rows[0][0] == since
        raw = api.fetch_ohlcv("BTC/USD", "6h")
        assert raw == sorted(raw)


def test_unknown_paths_say_what_they_are(url: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(f"{url}/api/v3/brokerage/orders", timeout=5)
    assert error.value.code == 404
    assert b"the simulated exchange has no /api/v3/brokerage/orders" in error.value.read()


def test_a_busy_port_names_itself_and_the_way_out(url: str) -> None:
    port = int(url.rpartition(":")[2])
    with (
        pytest.raises(VenueError, match=f"Port {port} on 127.0.0.1 is in use") as refused,
        serve(build_app(SyntheticCandles()), port),
    ):
        pass
    # `nija demo` says it too: no command of one name.
    assert str(refused.value).endswith(f"Choose another one with --port {port + 1}.")


def test_async_client_too(url: str) -> None:
    """freqtrade loads its markets and candles through the asynchronous client."""
    import ccxt.async_support as asynchronous

    async def count() -> int:
        client = asynchronous.coinbase(addresses(url))
        try:
            return len(await client.load_markets())
        finally:
            await client.close()

    assert asyncio.run(count()) == len(PAIRS)
