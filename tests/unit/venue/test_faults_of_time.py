"""Candles without prices, maintenance, clocks that differ: as ccxt sees them."""

from collections.abc import Iterator
from datetime import timedelta
from math import isnan
from typing import Any

import ccxt
import pytest
import time_machine

from nija_plugins.venue.app import build_app
from nija_plugins.venue.faults import Fault
from nija_plugins.venue.listings import EXCHANGES
from nija_plugins.venue.server import serve
from nija_plugins.venue.venue import Credentials, Venue
from tests.unit.venue.clients import ask, client
from tests.unit.venue.markets import OPENING, DrawnMarket, candles

PAIR = "SOL/USD"
HOUR = 3_600_000
START = int(OPENING.timestamp() * 1000)
VENUE = Venue(DrawnMarket(candles(100.0, 101.0, 102.0, 103.0, 101.0, 105.0)))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve(build_app(VENUE), port=0) as url:
        yield url


@pytest.fixture
def time() -> Iterator[Any]:
    VENUE.reset()
    with time_machine.travel(OPENING + timedelta(hours=4.5), tick=False) as traveller:
        yield traveller


@pytest.fixture(params=sorted(EXCHANGES))
def api(request: pytest.FixtureRequest, url: str, time: Any) -> Any:
    return client(url, VENUE.open_account(request.param, USD="1000"))


def hours(api: Any) -> list[Any]:
    """The candles of the drawn market as (hour, close)."""
    rows = api.fetch_ohlcv(PAIR, "1h", since=START - HOUR)
    return [((row[0] - START) // HOUR, row[4]) for row in rows if row[0] >= START]


class TestCandles:
    """The candles of hours 0 to 3 are closed, the one of hour 4 is forming."""

    @pytest.mark.parametrize(
        ("fault", "served"),
        [
            (Fault.MISSING_CANDLES, [0, 3, 4]),
            (Fault.LATE_CANDLE, [0, 1, 2]),
            (Fault.DUPLICATE_CANDLE, [0, 1, 2, 3, 3, 4]),
        ],
    )
    def test_which_come(self, api: Any, fault: Fault, served: list[int]) -> None:
        VENUE.faults.add("candles", fault)
        assert [hour for hour, _ in hours(api)] == served
        assert [hour for hour, _ in hours(api)] == [0, 1, 2, 3, 4], "only once"

    @pytest.mark.parametrize("fault", [Fault.EMPTY_CANDLE, Fault.NAN_CANDLE, Fault.ZERO_CANDLE])
    def test_without_prices(self, api: Any, fault: Fault) -> None:
        VENUE.faults.add("candles", fault)
        closes = dict(hours(api))
        if fault is Fault.EMPTY_CANDLE:
            assert closes[3] is None
        elif fault is Fault.NAN_CANDLE:
            assert isnan(closes[3])
        else:
            assert closes[3] == 0
        assert all(closes[hour] > 99 for hour in (0, 1, 2, 4))

    def test_they_befall_candles_only(self) -> None:
        with pytest.raises(ValueError, match="candle late befalls candles, not ticker"):
            VENUE.faults.add("ticker", Fault.LATE_CANDLE)


def test_maintenance_lasts_as_long_as_it_lasts(api: Any, time: Any) -> None:
    api.load_markets()
    VENUE.faults.add("*", Fault.MAINTENANCE, times=0, minutes=90)
    for minutes in (0, 60, 89):
        time.move_to(OPENING + timedelta(hours=4.5, minutes=minutes))
        with pytest.raises(ccxt.ExchangeNotAvailable):
            api.fetch_ticker(PAIR)
        with pytest.raises((ccxt.OnMaintenance, ccxt.ExchangeNotAvailable)):
            api.create_order(PAIR, "limit", "buy", 0.5, 106.0)
    time.move_to(OPENING + timedelta(hours=6))
    assert api.create_order(PAIR, "limit", "buy", 0.5, 106.0)["id"]
    assert len(VENUE.books(api.apiKey).orders) == 1


class TestClocks:
    def test_coinbase_believes_nobody_whose_clock_is_off(self, url: str, time: Any) -> None:
        api = client(url, VENUE.open_account("coinbase", USD="1000"))
        api.fetch_balance()
        VENUE.ahead = timedelta(minutes=10)
        with pytest.raises(ccxt.AuthenticationError):
            api.fetch_balance()
        assert api.fetch_time() - api.milliseconds() == 600_000
        VENUE.ahead = timedelta(0)
        assert api.fetch_balance()["USD"]["free"] == 1000

    def test_kraken_takes_no_nonce_from_before(self, url: str, time: Any) -> None:
        api = client(url, VENUE.open_account("kraken", USD="1000"))
        time.shift(timedelta(hours=2))
        api.fetch_balance()
        time.shift(timedelta(hours=-2))
        api.fetch_balance()  # ccxt counts on from its last nonce; a new process cannot
        again = client(url, Credentials("kraken", api.apiKey, api.secret))
        with pytest.raises(ccxt.InvalidNonce):
            again.fetch_balance()
        time.shift(timedelta(hours=2, seconds=1))
        again.fetch_balance()

    def test_nothing_happens_twice_when_the_clock_is_put_back(self, url: str, time: Any) -> None:
        """From 3 to 5 hours after the opening the price goes from 102 over 103 to 101."""
        api = client(url, VENUE.open_account("kraken", SOL="1"))
        time.move_to(OPENING + timedelta(hours=4.9))
        api.fetch_balance()
        VENUE.ahead = -timedelta(hours=3)
        api.create_order(PAIR, "limit", "sell", 1.0, 102.5)
        VENUE.ahead = timedelta(0)
        time.shift(timedelta(seconds=1))
        assert not VENUE.books(api.apiKey).fills, "103 was there before the order came"

    def test_from_another_process(self, url: str, time: Any) -> None:
        told = ask(url, "POST", "clock", {"seconds": -90})
        assert told == ask(url, "GET", "clock")
        assert told == {"time": "2025-03-04T04:28:30+00:00", "ahead": -90.0}
        ask(url, "POST", "reset")
        assert ask(url, "GET", "clock")["ahead"] == 0
