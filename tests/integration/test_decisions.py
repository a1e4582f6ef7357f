"""One line a decision in the real bot's log: a sentence, then fields that a script can read."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from freqtrade.persistence import PairLocks
from freqtrade.persistence.pairlock import PairLock

from nija_plugins.records.decisions import decided
from tests.integration.live import Bot, Home, broken, open_trade, script
from tests.integration.painted_market import HOUR, after

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC, ETH = "BTC/USD", "ETH/USD"
FIELD = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|[^\s"]+)')


def fields(line: str) -> dict[str, str]:
    """What docs/reliability.md says a script may do."""
    told = line[line.rindex(" event=") :]
    return {
        name: json.loads(value) if value.startswith('"') else value
        for name, value in FIELD.findall(told)
    }


def decisions(bot: Bot, event: str) -> list[dict[str, str]]:
    """The lines of this event, as fields."""
    found = bot.said(f" event={event} ")
    assert all("\n" not in line for line in found)
    return [fields(line) for line in found]


def one(bot: Bot, event: str) -> dict[str, str]:
    (found,) = decisions(bot, event)
    return found


def test_what_is_written_is_read() -> None:
    line = decided(
        "x", "A sentence, event=none.", a=None, b=1.5, c=["p", "q"], d='two "words"', e=True
    )
    assert line == 'A sentence, event=none. event=x b=1.5 c=p,q d="two \\"words\\"" e=true'
    assert fields(line) == {
        "event": "x",
        "b": "1.5",
        "c": "p,q",
        "d": 'two "words"',
        "e": "true",
    }


def test_an_entry_and_its_exit(home: Home) -> None:
    home.plugin("scripted", script({BTC: [4]}, stop=0.04))
    bot = home.start().at(3)
    tier = one(bot, "tier_changed")
    assert (tier["before"], tier["after"]) == ("none", "STARTER")
    assert (float(tier["equity"]), tier["max_positions"]) == (100.0, "2")
    bot.at(4).at(4, 10)
    trade = open_trade()
    entry = one(bot, "entry_approved")
    assert entry["pair"] == BTC and entry["tier"] == "STARTER"
    assert float(entry["stake"]) == pytest.approx(trade.stake_amount, abs=0.01)
    assert float(entry["price"]) == pytest.approx(trade.open_rate)
    assert (float(entry["score"]), float(entry["stop"])) == (1.0, 0.04)
    assert "confidence" not in entry, "there is no filter here"
    bot.strategy.time_stop = 2 * HOUR
    bot.at(7).at(7, 10)
    out = one(bot, "exit")
    assert (out["pair"], out["reason"]) == (BTC, "nija_time_stop")
    assert out["trade"] == str(trade.id)


@pytest.mark.parametrize(
    ("quiet", "rules"),
    [
        ({}, "risk.trade_only,trade_filter.reward_risk"),
        ({"log_signal_rejections": False}, "risk.trade_only"),
        ({"log_entry_block_reasons": False}, "trade_filter.reward_risk"),
        ({"log_signal_rejections": False, "log_entry_block_reasons": False}, None),
    ],
)
def test_a_refusal_tells_what_the_settings_want(
    home: Home, quiet: dict[str, Any], rules: str | None
) -> None:
    home.plugin("scripted", script({BTC: [4]}, stop=0.04, target=0.05))
    bot = home.start(nija={"trade_only": ["ETH"], **quiet}).at(4).at(4, 10)
    if rules is None:
        assert not decisions(bot, "entry_refused")
        return
    told = one(bot, "entry_refused")
    assert set(told["rules"].split(",")) == set(rules.split(","))
    assert (told["pair"], told["score"], told["candle"]) == (BTC, "1", "2025-03-04T04:00:00Z")


def test_a_limit_that_is_reached_and_lifted(home: Home) -> None:
    home.plugin("scripted", script({BTC: [4]}, stop=0.20, trail=0.30))
    home.market.paint("BTC", 5, [1.05, 1.15, 0.70])
    bot = home.start(nija={"max_drawdown": 2.5, "daily_max_loss": 50}).at(4).at(4, 10)
    before = open_trade().stop_loss
    for hour in (6, 7, 8):
        bot.at(hour).at(hour, 10)
    tightened = decisions(bot, "stop_tightened")
    assert tightened
    assert float(tightened[0]["before"]) == pytest.approx(before, rel=1e-3)
    assert all(float(one["after"]) > float(one["before"]) for one in tightened)
    lock = one(bot, "lock_begun")
    assert lock["reason"] == "nija_drawdown" and "until" not in lock, "a person ends it"
    for found in PairLocks.get_pair_locks("*", after(8)):
        found.active = False
    PairLock.session.commit()
    bot.at(9).at(9, 10)
    assert one(bot, "lock_lifted")["reason"] == "nija_drawdown"


def test_a_deposit(home: Home, exchange: str) -> None:
    bot = home.start(exchange=exchange, live=True).at(1)
    home.venue.deposit(home.account(exchange).key, "USD", "50")
    bot.at(2).at(2, 10)
    told = one(bot, "cash_flow")
    assert (float(told["amount"]), float(told["equity"])) == (50.0, 150.0)


def test_an_incident_is_told_once(home: Home) -> None:
    home.plugin("deaf", broken("nija_equity", "account", "raise RuntimeError('out of order')"))
    bot = home.start().at(1).at(2)
    told = one(bot, "incident")
    assert told["cause"] == "plugin deaf: nija_equity"
    assert bot.said("RuntimeError: out of order event=incident")


def test_a_holding_that_nobody_explains(home: Home) -> None:
    bot = home.start(exchange="kraken", live=True).at(1)
    home.venue.deposit(home.account("kraken").key, "BTC", "0.001")
    bot.at(2).at(2, 10).at(2 + timedelta(minutes=6) / HOUR).at(3)
    told = one(bot, "lock_begun")
    assert (told["reason"], told["pair"]) == ("nija_unreconciled", BTC)
    assert float(told["amount"]) == pytest.approx(0.001)
    home.venue.withdraw(home.account("kraken").key, "BTC", "0.001")
    bot.at(4).at(4, 10)
    lifted = one(bot, "lock_lifted")
    assert (lifted["reason"], lifted["pair"]) == ("nija_unreconciled", BTC)
