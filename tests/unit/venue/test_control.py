"""Accounts, transfers, books and faults from another process."""

import urllib.error
from collections.abc import Iterator

import pytest
import time_machine

from nija_plugins.venue.app import build_app
from nija_plugins.venue.server import serve
from nija_plugins.venue.venue import Credentials, Venue
from tests.unit.venue.clients import ask, client
from tests.unit.venue.markets import OPENING, DrawnMarket, candles

PAIR = "SOL/USD"


@pytest.fixture
def served() -> Iterator[tuple[Venue, str]]:
    venue = Venue(DrawnMarket(candles(100.0, 100.0, 90.0, 110.0)))
    with (
        time_machine.travel(OPENING, tick=False),
        serve(build_app(venue), port=0) as url,
    ):
        yield venue, url


def test_accounts_transfers_books_faults(served: tuple[Venue, str]) -> None:
    venue, url = served
    wanted = {"exchange": "kraken", "name": "far", "balances": {"USD": "1000"}}
    known = ask(url, "POST", "accounts", wanted)
    api = client(url, Credentials(**known))
    ask(url, "POST", "faults", {"call": "add_order", "fault": "partial fill"})
    api.create_order(PAIR, "limit", "buy", 0.5, 101.0)
    ask(url, "POST", "transfers", {"key": known["key"], "currency": "USD", "amount": "5"})
    books = ask(url, "GET", f"books?key={known['key']}")
    (order,), (fill,) = books["orders"], books["fills"]
    assert (order["status"], order["filled"], fill["price"]) == ("open", "0.25000000", "100.01")
    assert books["balances"]["SOL"]["total"] == "0.25000000"
    assert ask(url, "GET", "faults")["happened"] == [["kraken", "add_order", "partial fill"]]
    assert ask(url, "GET", "accounts") == [{"exchange": "kraken", "key": known["key"]}]
    for body in (
        {"key": known["key"], "currency": "USD", "amount": "-2000"},
        {"key": "nobody", "currency": "USD", "amount": "1"},
    ):
        with pytest.raises(urllib.error.HTTPError, match="400"):
            ask(url, "POST", "transfers", body)
    ask(url, "POST", "reset")
    assert not venue.accounts


@pytest.mark.parametrize("amount", ["-5", "NaN", "abc"])
def test_a_balance_that_is_none_opens_no_account(served: tuple[Venue, str], amount: str) -> None:
    venue, url = served
    wanted = {"exchange": "kraken", "name": "far", "balances": {"EUR": "1", "USD": amount}}
    with pytest.raises(urllib.error.HTTPError, match="400"):
        ask(url, "POST", "accounts", wanted)
    assert not venue.accounts
    ask(url, "POST", "accounts", wanted | {"balances": {"USD": "5"}})
