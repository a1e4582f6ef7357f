"""What a bot says and refuses before it trades."""

import shutil
from datetime import timedelta
from functools import partial
from types import SimpleNamespace

import pytest
from freqtrade.exceptions import FreqtradeException

from nija_plugins.doctor import Context
from nija_plugins.live import start_checks
from tests.integration.live import Home, open_pairs, script
from tests.integration.painted_market import START

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")


def test_a_key_that_may_withdraw_is_refused(home: Home, exchange: str) -> None:
    home.keys[exchange] = home.venue.open_account(exchange, may_withdraw=True, USD="100")
    # freqtrade makes its own error of it; the bot does not start.
    with pytest.raises(FreqtradeException, match="may withdraw money") as refused:
        home.start(exchange=exchange, live=True)
    assert home.keys[exchange].secret not in str(refused.value)
    assert home.keys[exchange].key not in str(refused.value)


def test_a_key_that_may_only_trade_is_not(home: Home, exchange: str) -> None:
    bot = home.start(exchange=exchange, live=True)
    assert bot.said("LIVE: orders are sent to")
    assert not bot.said("withdraw")


def test_an_exchange_that_does_not_say_is_told_of(home: Home) -> None:
    home.start()  # for its database
    asked = SimpleNamespace(id="kraken", name="Kraken", _api=SimpleNamespace())
    with pytest.raises(AttributeError):
        start_checks.may_withdraw(asked)
    start_checks.look({"exchange": {"name": "kraken"}, "user_data_dir": home.path}, asked, True)
    assert any("did not say whether the API key may withdraw" in one for one in home.records.lines)


def test_the_trades_of_another_broker_are_not_touched(home: Home) -> None:
    home.plugin("scripted", script({"BTC/USD": [8]}))
    home.start(exchange="coinbase").at(8)
    assert open_pairs() == {"BTC/USD"}
    home.kill()
    home.clock.sleep(60)
    with pytest.raises(FreqtradeException, match=r"open trades of coinbase.*--db-url"):
        home.start(exchange="kraken")


@pytest.mark.parametrize("live", [False, True])
def test_play_money_and_real_money_have_databases_of_their_own(
    home: Home, exchange: str, live: bool
) -> None:
    """A live bot sold its owner's coins to close a dry-run's trade."""
    home.plugin("scripted", script({"BTC/USD": [8]}))
    home.start(exchange=exchange, live=live).at(8)
    assert open_pairs() == {"BTC/USD"}
    home.kill()
    home.clock.sleep(60)
    home.start(exchange=exchange, live=live).at(9)
    assert open_pairs() == {"BTC/USD"}, "its own trades are no reason"
    home.kill()
    home.clock.sleep(60)
    with pytest.raises(FreqtradeException, match=r"open trades that are a .*--db-url"):
        home.start(exchange=exchange, live=not live)
    assert open_pairs() == {"BTC/USD"}


def test_a_dry_run_says_so(home: Home) -> None:
    bot = home.start()
    assert bot.said("DRY-RUN: play money")
    assert not bot.said("LIVE")


def test_a_clock_that_is_off_and_a_disk_that_is_full(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = START - timedelta(seconds=90)
    monkeypatch.setattr(start_checks, "Context", partial(Context, clock=lambda: late))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10 * 2**20))
    bot = home.start()
    assert bot.said("disk: Only 10 MB free")
    assert bot.said("clock: This machine's clock is 9")
