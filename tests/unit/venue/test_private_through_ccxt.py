"""The private side of both exchanges as ccxt understands it, the client freqtrade uses."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import ccxt
import pytest
import time_machine

from nija_plugins.venue.app import build_app
from nija_plugins.venue.coinbase.keys import KeyKind
from nija_plugins.venue.faults import CALLS, Fault
from nija_plugins.venue.listings import EXCHANGES
from nija_plugins.venue.server import serve
from nija_plugins.venue.venue import Credentials, Venue
from tests.unit.venue.clients import client
from tests.unit.venue.markets import OPENING, DrawnMarket, candles

PAIR = "SOL/USD"
MARKET = DrawnMarket(candles(100.0, 100.0, 90.0, 110.0))


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Venue, str]]:
    venue = Venue(MARKET)
    with serve(build_app(venue), port=0) as url:
        yield venue, url


@pytest.fixture
def time() -> Iterator[Any]:
    with time_machine.travel(OPENING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def venue(served: tuple[Venue, str], time: Any) -> Venue:
    served[0].reset()
    return served[0]


@pytest.fixture(params=sorted(EXCHANGES))
def credentials(request: pytest.FixtureRequest, venue: Venue) -> Credentials:
    return venue.open_account(request.param, USD="1000")


@pytest.fixture
def api(served: tuple[Venue, str], credentials: Credentials) -> Any:
    return client(served[1], credentials)


def after(time: Any, hours: float) -> None:
    time.move_to(OPENING + timedelta(hours=hours))


class TestOrders:
    def test_an_entry_that_takes(self, api: Any, venue: Venue, credentials: Credentials) -> None:
        placed = api.create_order(PAIR, "limit", "buy", 0.5, 101.0)
        order = api.fetch_order(placed["id"], PAIR)
        taker = float(EXCHANGES[api.id].taker)
        assert (order["status"], order["filled"], order["amount"]) == ("closed", 0.5, 0.5)
        assert order["average"] == 100.01 and order["price"] == 101.0
        assert (order["type"], order["side"]) == ("limit", "buy")
        assert order["fee"]["currency"] == "USD"
        assert float(order["fee"]["cost"]) == pytest.approx(50.005 * taker, abs=1e-5)
        (trade,) = api.fetch_my_trades(PAIR)
        assert (trade["order"], trade["price"], trade["amount"]) == (order["id"], 100.01, 0.5)
        assert trade["takerOrMaker"] == "taker"
        assert trade["fee"]["cost"] == pytest.approx(50.005 * taker, abs=1e-5)
        left = float(venue.books(credentials.key).total("USD"))
        assert api.fetch_balance()["USD"]["total"] == pytest.approx(left, abs=1e-4)
        assert api.fetch_balance()["SOL"]["total"] == 0.5

    def test_one_that_rests_and_is_filled_later(self, api: Any, time: Any) -> None:
        placed = api.create_order(PAIR, "limit", "buy", 1.0, 95.0)
        (resting,) = api.fetch_open_orders(PAIR)
        assert resting["id"] == placed["id"]
        assert (resting["status"], resting["remaining"], resting["filled"]) == ("open", 1.0, 0.0)
        after(time, 3)
        assert not api.fetch_open_orders(PAIR)
        (order,) = api.fetch_closed_orders(PAIR)
        assert (order["status"], order["average"], order["filled"]) == ("closed", 95.0, 1.0)
        (trade,) = api.fetch_my_trades(PAIR)
        assert trade["takerOrMaker"] == "maker"
        assert trade["timestamp"] == int((OPENING + timedelta(hours=2.5)).timestamp() * 1000)

    def test_one_that_is_canceled(self, api: Any) -> None:
        placed = api.create_order(PAIR, "limit", "buy", 1.0, 95.0)
        api.cancel_order(placed["id"], PAIR)
        order = api.fetch_order(placed["id"], PAIR)
        assert (order["status"], order["filled"]) == ("canceled", 0.0)
        assert not api.fetch_open_orders(PAIR)
        assert api.fetch_balance()["USD"]["free"] == 1000

    def test_market_orders(self, api: Any) -> None:
        bought = api.create_order(PAIR, "market", "buy", 0.5, 100.01)
        order = api.fetch_order(bought["id"], PAIR)
        assert order["status"] == "closed"
        assert order["average"] == 100.01
        sold = api.create_order(PAIR, "market", "sell", order["filled"])
        assert api.fetch_order(sold["id"], PAIR)["average"] == 99.99
        assert api.fetch_balance()["SOL"]["total"] == 0

    def test_a_stop(self, api: Any, time: Any) -> None:
        bought = api.create_order(PAIR, "limit", "buy", 0.5, 101.0)
        stop = {"stopLossPrice": 95.0}
        placed = api.create_order(PAIR, "limit", "sell", 0.5, 94.0, stop)
        order = api.fetch_order(placed["id"], PAIR)
        assert (order["status"], order["price"], order["type"]) == ("open", 94.0, "limit")
        assert order["stopLossPrice" if api.id == "kraken" else "triggerPrice"] == 95.0
        after(time, 3)
        assert api.fetch_order(placed["id"], PAIR)["average"] == 94.99
        assert api.fetch_order(bought["id"], PAIR)["status"] == "closed"

    def test_post_only(self, api: Any) -> None:
        with pytest.raises(ccxt.ExchangeError, match=r"[Pp]ost"):
            api.create_order(PAIR, "limit", "buy", 0.5, 101.0, {"postOnly": True})
        placed = api.create_order(PAIR, "limit", "buy", 0.5, 99.0, {"postOnly": True})
        assert api.fetch_order(placed["id"], PAIR)["postOnly"] is True

    def test_immediate_or_cancel(self, api: Any) -> None:
        order = {"timeInForce": "IOC"}
        placed = api.create_order(PAIR, "limit", "buy", 0.5, 99.0, order)
        assert api.fetch_order(placed["id"], PAIR)["status"] == "canceled"

    def test_fees(self, api: Any) -> None:
        rules = EXCHANGES[api.id]
        fees = api.fetch_trading_fee(PAIR) if api.id == "kraken" else api.fetch_trading_fees()[PAIR]
        assert (fees["maker"], fees["taker"]) == (float(rules.maker), float(rules.taker))

    def test_two_accounts_do_not_see_each_other(
        self, api: Any, venue: Venue, served: tuple[Venue, str]
    ) -> None:
        other = client(served[1], venue.open_account(api.id, "other", USD="50"))
        placed = api.create_order(PAIR, "limit", "buy", 1.0, 95.0)
        assert not other.fetch_open_orders(PAIR)
        assert other.fetch_balance()["USD"]["total"] == 50
        with pytest.raises(ccxt.ExchangeError):
            other.fetch_order(placed["id"], PAIR)
        with pytest.raises(ccxt.ExchangeError):
            other.cancel_order(placed["id"], PAIR)

    def test_a_hold(self, api: Any) -> None:
        api.create_order(PAIR, "limit", "buy", 1.0, 95.0)
        params = {"v3": True} if api.id == "coinbase" else {}
        usd = api.fetch_balance(params)["USD"]
        assert 95 <= usd["used"] < 97
        assert usd["total"] == 1000 == usd["free"] + usd["used"]

    def test_the_asynchronous_client(
        self, served: tuple[Venue, str], credentials: Credentials
    ) -> None:
        import ccxt.async_support as asynchronous

        async def bought() -> float:
            api = client(served[1], credentials, asynchronous)
            try:
                placed = await api.create_order(PAIR, "limit", "buy", 0.5, 101.0)
                return float((await api.fetch_order(placed["id"], PAIR))["filled"])
            finally:
                await api.close()

        assert asyncio.run(bought()) == 0.5


class TestRefusals:
    @pytest.mark.parametrize(
        ("amount", "price", "error", "words"),
        [
            (0.5, 20000.0, ccxt.InsufficientFunds, r"[Ii]nsufficient"),
            (0.00001 * 1000, 50.0, ccxt.ExchangeError, "minimum|TOO_SMALL"),
        ],
    )
    def test_an_order(
        self, api: Any, amount: float, price: float, error: type[Exception], words: str
    ) -> None:
        with pytest.raises(error, match=words):
            api.create_order(PAIR, "limit", "buy", amount, price)

    def test_unknown_orders(self, api: Any) -> None:
        for call in (api.fetch_order, api.cancel_order):
            with pytest.raises(ccxt.ExchangeError):
                call("OAAAAA-BBBBB-CCCCCC", PAIR)

    def test_kraken_knows_its_clients(self, served: tuple[Venue, str], venue: Venue) -> None:
        known = venue.open_account("kraken", USD="1000")
        api = client(served[1], known)
        api.fetch_balance()
        api.secret = venue.open_account("kraken", "other").secret
        with pytest.raises(ccxt.ExchangeError, match="EAPI:Invalid signature"):
            api.fetch_balance()
        api.secret = known.secret
        api.nonce = lambda: 1
        api.options["lastNonce"] = 0
        with pytest.raises(ccxt.InvalidNonce):
            api.fetch_balance()
        api.apiKey = "nobody"
        with pytest.raises(ccxt.AuthenticationError, match="EAPI:Invalid key"):
            api.fetch_balance()

    @pytest.mark.parametrize("kind", KeyKind)
    def test_coinbase_knows_its_clients(
        self, served: tuple[Venue, str], venue: Venue, time: Any, kind: KeyKind
    ) -> None:
        known = venue.open_account("coinbase", kind=kind, USD="1000")
        other = venue.open_account("coinbase", "other", kind=kind)
        api = client(served[1], known)
        assert api.fetch_balance()["USD"]["free"] == 1000
        assert api.fetch_balance({"v3": True})["USD"]["free"] == 1000
        order = api.create_order(PAIR, "limit", "buy", 0.5, 95.0)
        assert api.fetch_ticker(PAIR, {"usePrivate": True})["bid"] == 99.99
        assert api.cancel_order(order["id"], PAIR)["id"] == order["id"]
        api.secret = other.secret
        with pytest.raises(ccxt.AuthenticationError):
            api.fetch_balance()
        api.secret, api.apiKey = known.secret, "organizations/x/apiKeys/y"
        if kind is not KeyKind.HMAC:
            with pytest.raises(ccxt.AuthenticationError):
                api.fetch_balance()
        api.apiKey = known.key
        late = api.seconds() - 300
        api.seconds = lambda: late
        api.nonce = lambda: late * 1000
        with pytest.raises(ccxt.AuthenticationError):
            api.fetch_balance()

    def test_a_coinbase_token_is_for_one_request(
        self, served: tuple[Venue, str], venue: Venue
    ) -> None:
        api = client(served[1], venue.open_account("coinbase", USD="1000"))
        api.load_markets()
        signed = api.sign("brokerage/accounts", ["v3", "private"], "GET", {})
        asked = urllib.request.Request(
            served[1] + "/api/v3/brokerage/key_permissions", headers=signed["headers"]
        )
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(asked, timeout=5)
        assert api.v3PrivateGetBrokerageKeyPermissions()["can_trade"] is True

    def test_coinbase_places_one_order_per_client_id(
        self, served: tuple[Venue, str], venue: Venue
    ) -> None:
        known = venue.open_account("coinbase", USD="1000")
        api = client(served[1], known)
        name = {"client_order_id": "mine"}
        one, other = (api.create_order(PAIR, "limit", "buy", 1.0, 95.0, name) for _ in range(2))
        assert one["id"] == other["id"]
        assert len(venue.books(known.key).orders) == 1

    def test_kraken_takes_no_client_id_twice(self, served: tuple[Venue, str], venue: Venue) -> None:
        known = venue.open_account("kraken", USD="1000")
        api = client(served[1], known)
        name = {"clientOrderId": "mine"}
        api.create_order(PAIR, "limit", "buy", 1.0, 95.0, name)
        with pytest.raises(ccxt.ExchangeError, match="cl_ord_id"):
            api.create_order(PAIR, "limit", "buy", 1.0, 95.0, name)
        assert [o["clientOrderId"] for o in api.fetch_open_orders(PAIR)] == ["mine"]


class TestFaults:
    """[orders at the venue afterwards, what the client sees]"""

    @pytest.mark.parametrize(
        ("fault", "orders", "seen"),
        [
            (Fault.LOST_ANSWER, 1, ccxt.RequestTimeout),
            (Fault.LOST_REQUEST, 0, ccxt.RequestTimeout),
            (Fault.SERVER_ERROR, 0, ccxt.ExchangeNotAvailable),
            (Fault.ERROR_AFTER, 1, ccxt.ExchangeNotAvailable),
            (Fault.UNAVAILABLE, 0, ccxt.ExchangeNotAvailable),
            (Fault.RATE_LIMIT, 0, (ccxt.DDoSProtection, ccxt.RateLimitExceeded)),
            (Fault.INVALID_NONCE, 0, ccxt.BaseError),
            (Fault.DROPPED, 1, ccxt.NetworkError),
        ],
    )
    def test_on_an_order(
        self,
        api: Any,
        venue: Venue,
        credentials: Credentials,
        fault: Fault,
        orders: int,
        seen: Any,
    ) -> None:
        api.load_markets()
        api.timeout = 300
        venue.faults.add("add_order", fault)
        with pytest.raises(seen):
            api.create_order(PAIR, "limit", "buy", 0.5, 101.0)
        assert len(venue.books(credentials.key).orders) == orders
        assert venue.faults.happened == [(api.id, "add_order", fault)]
        assert api.create_order(PAIR, "limit", "buy", 0.5, 101.0)["id"], "only once"

    def test_half_an_answer_is_no_error_for_ccxt(
        self, api: Any, venue: Venue, credentials: Credentials
    ) -> None:
        """It parses what it cannot read as an order without an id."""
        venue.faults.add("add_order", Fault.HALF_JSON)
        assert api.create_order(PAIR, "limit", "buy", 0.5, 101.0)["id"] is None
        assert len(venue.books(credentials.key).orders) == 1

    def test_slow(self, api: Any, venue: Venue) -> None:
        venue.faults.add("add_order", Fault.SLOW, seconds=0.05)
        assert api.create_order(PAIR, "limit", "buy", 0.5, 101.0)["id"]

    @pytest.mark.parametrize(
        ("fault", "status"), [(Fault.PARTIAL, "open"), (Fault.PARTIAL_CANCELED, "canceled")]
    )
    def test_partial_fills(self, api: Any, venue: Venue, fault: Fault, status: str) -> None:
        venue.faults.add("add_order", fault, share="0.3")
        placed = api.create_order(PAIR, "limit", "buy", 0.5, 101.0)
        order = api.fetch_order(placed["id"], PAIR)
        assert (order["status"], order["filled"], order["remaining"]) == (status, 0.15, 0.35)

    def test_a_balance_that_lags(self, api: Any, venue: Venue) -> None:
        api.create_order(PAIR, "limit", "buy", 0.5, 101.0)
        venue.faults.add("balance", Fault.STALE_BALANCE, times=2)
        assert [api.fetch_balance()["USD"]["total"] == 1000 for _ in range(3)] == [
            True,
            True,
            False,
        ]

    def test_the_nth_call_and_for_how_long(self, api: Any, venue: Venue) -> None:
        venue.faults.add("ticker", Fault.SERVER_ERROR, nth=2, times=2)
        seen = []
        for _ in range(5):
            try:
                seen.append(bool(api.fetch_ticker(PAIR)))
            except ccxt.ExchangeNotAvailable:
                seen.append(False)
        assert seen == [True, False, False, True, True]

    def test_chance_is_reproducible(self, venue: Venue) -> None:
        def struck() -> list[bool]:
            one = Venue(MARKET, seed=7)
            one.faults.add("ticker", Fault.SLOW, chance=0.3, times=0)
            return [one.faults.strike("GET", "/0/public/Ticker") is not None for _ in range(50)]

        assert struck() == struck()
        assert 5 < sum(struck()) < 30

    def test_calls_have_names(self, venue: Venue) -> None:
        with pytest.raises(ValueError, match="no call buy: expected one of add_order, "):
            venue.faults.add("buy", Fault.SLOW)
        assert all(len(patterns) == 2 for patterns in CALLS.values())


@pytest.mark.parametrize("path", ["/api/v3/brokerage/accounts", "/v2/accounts", "/control/books"])
def test_without_accounts_there_is_no_private_side(path: str) -> None:
    with (
        serve(build_app(MARKET), port=0) as url,
        pytest.raises(urllib.error.HTTPError, match="404"),
    ):
        urllib.request.urlopen(url + path, timeout=5)
