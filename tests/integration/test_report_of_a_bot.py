"""`nija report --db`: the page about a bot that runs in dry-run."""

import json
from datetime import UTC, datetime

import pytest

from nija_plugins.cli.performance import of_database
from nija_plugins.report.html import page
from tests.integration.live import Home, closed_trade, script

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC, ETH = "BTC/USD", "ETH/USD"


def test_a_closed_trade_its_stake_its_refusals_and_the_account(home: Home) -> None:
    home.plugin("script", script({BTC: [8, 12], ETH: [12]}, stop=0.04, target=0.60))
    home.market.paint("BTC", 9, [0.92])
    bot = home.start(pairs=(BTC, ETH)).at(8).at(9).at(9, 2000).at(12).at(13)
    trade = closed_trade(BTC)
    profit = trade.close_profit_abs
    equity = bot.account().equity

    config = home.user_data / "config.json"
    account = of_database(f"sqlite:///{home.path / 'trades.sqlite'}", [config], None)
    (one,) = account.trades.itertuples()
    assert one.profit == profit
    assert one.opened == trade.open_date_utc
    assert sum(one.legs.values()) == pytest.approx(one.wish, rel=1e-6)
    assert one.stake == pytest.approx(trade.stake_amount)
    assert one.r == pytest.approx(profit / (one.loss * trade.open_rate * trade.amount))
    assert one.tier == "STARTER"
    assert account.starting == pytest.approx(100)
    assert account.final == pytest.approx(equity)
    assert account.days["close"].iloc[-1] == pytest.approx(equity)
    assert account.end.to_pydatetime() <= datetime.now(UTC)
    text = page(account)
    assert "A bot keeps no record of its equity" in text
    assert "NijaMicro, dry-run on coinbase" in text

    another = json.loads(config.read_text())
    another["exchange"]["name"] = "kraken"
    config.write_text(json.dumps(another))
    with pytest.raises(ValueError, match="are of coinbase, and the configuration is of kraken"):
        of_database(f"sqlite:///{home.path / 'trades.sqlite'}", [config], None)


def test_before_the_first_closed_trade_it_says_so(home: Home) -> None:
    home.start().at(8)
    config = home.user_data / "config.json"
    with pytest.raises(ValueError, match="No trade has closed yet"):
        of_database(f"sqlite:///{home.path / 'trades.sqlite'}", [config], None)
