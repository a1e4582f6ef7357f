"""NIJA tells what docs/hooks.md promises, when it promises it."""

from datetime import timedelta

import pytest
from freqtrade.persistence import LocalTrade

from nija_plugins.records.refusals import Reason
from nija_plugins.scaling.tiers import tier_named
from nija_plugins.settings import Settings
from tests.conftest import WITHOUT_FILTER, a_request
from tests.unit.hooks.conftest import FEE, NOW, PAIR, Recorder

HOUR = timedelta(hours=1)


def test_nija_run_started_comes_first_and_again_when_a_backtests_time_steps_back(bot) -> None:
    started = Recorder("settings")
    held = bot(nija_run_started=started)
    assert [given["settings"] for given in started.calls] == [Settings(**WITHOUT_FILTER)]
    held.loop(NOW - HOUR)
    held.loop(NOW)
    assert len(started.calls) == 1
    held.loop(NOW - HOUR)
    assert len(started.calls) == 2


def test_nija_equity_is_told_the_account_once_per_loop_before_the_tier_moves(bot) -> None:
    equity = Recorder("account")
    held = bot(nija_equity=equity)
    held.loop(NOW - HOUR)
    held.cash = 260.0
    held.loop(NOW)
    held.ask()
    first, second = (given["account"] for given in equity.calls)
    assert (first.time, first.equity, first.tier) == (NOW - HOUR, 100.0, None)
    assert (second.time, second.equity, second.tier) == (NOW, 260.0, tier_named("STARTER"))


def test_nothing_is_entered_in_a_loop_whose_nija_equity_failed(bot) -> None:
    def lost_after_the_first(account) -> None:
        if account.time >= NOW:
            raise KeyError("yesterday")

    refused = Recorder("reasons")
    held = bot(nija_equity=lost_after_the_first, nija_entry_refused=refused)
    held.loop(NOW - HOUR)
    held.loop(NOW)
    assert held.ask() == 0.0
    assert refused.calls[-1]["reasons"] == ("This loop could not value the account.",)


def test_nija_tier_changed_is_told_old_new_and_the_account(bot) -> None:
    changed = Recorder("old", "new", "account")
    held = bot(cash=100.0, nija_tier_changed=changed)
    for hours, cash in ((3, 100.0), (2, 100.0), (1, 260.0), (0, 14.0)):
        held.cash = cash
        held.loop(NOW - hours * HOUR)
    starter, growth = tier_named("STARTER"), tier_named("GROWTH")
    moves = [(given["old"], given["new"], given["account"].equity) for given in changed.calls]
    assert moves == [(None, starter, 100.0), (starter, growth, 260.0), (growth, None, 14.0)]


def test_nija_entry_refused_is_told_once_per_candle_with_every_reason(bot) -> None:
    refused = Recorder("request", "reasons")
    held = bot(nija_veto=Recorder(answer="Not today."), nija_entry_refused=refused)
    held.loop()
    held.ask()
    held.ask()
    (given,) = refused.calls
    assert (given["request"].pair, given["request"].time) == (PAIR, NOW)
    assert given["reasons"] == ("Not today.",)


def test_nija_entry_refused_is_told_of_candidates_that_freqtrade_passes_over(bot) -> None:
    refused = Recorder("request", "reasons")
    held = bot(nija_entry_refused=refused)
    LocalTrade.add_bt_trade(a_trade())
    held.loop(NOW)
    assert not refused.calls
    held.loop(NOW + HOUR)
    (given,) = refused.calls
    assert given["request"].time == NOW
    assert given["reasons"] == (f"A position in {PAIR} is open.",)


def a_trade() -> LocalTrade:
    """0.001 BTC, bought at 60,000.00 at NOW."""
    trade = LocalTrade(
        id=1,
        pair=PAIR,
        base_currency="BTC",
        stake_currency="USD",
        stake_amount=60.0,
        amount=0.001,
        open_rate=60_000.0,
        open_date=NOW,
        fee_open=FEE,
        fee_close=FEE,
        exchange="kraken",
        is_open=True,
        is_short=False,
        leverage=1.0,
    )
    trade.recalc_open_trade_value()
    return trade


def test_nija_entry_filled_is_told_price_amount_and_stake(bot) -> None:
    filled = Recorder("pair", "price", "amount", "stake")
    held = bot(nija_entry_filled=filled)
    held.loop()
    held.fill(a_trade(), "buy", 60_000.0, 0.001)
    told = {"pair": PAIR, "price": 60_000.0, "amount": 0.001, "stake": pytest.approx(60.0)}
    assert filled.calls == [told]


def test_nija_exit_filled_is_told_the_profit_after_fees(bot) -> None:
    filled = Recorder("pair", "price", "amount", "profit")
    held = bot(nija_exit_filled=filled)
    held.loop()
    held.fill(a_trade(), "sell", 66_000.0, 0.001)
    profit = 66.0 * (1 - FEE) - 60.0 * (1 + FEE)
    told = {"pair": PAIR, "price": 66_000.0, "amount": 0.001, "profit": pytest.approx(profit)}
    assert filled.calls == [told]


@pytest.mark.parametrize(
    "hook", ["nija_tier_changed", "nija_entry_refused", "nija_entry_filled", "nija_exit_filled"]
)
def test_an_event_somebody_could_not_follow_ends_the_entries_of_its_loop(
    bot, caplog, hook: str
) -> None:
    deaf = True

    def listen() -> None:
        if deaf:
            raise KeyError("ears")

    held = bot(**{hook: listen})
    held.loop(NOW - HOUR)
    held.fill(a_trade(), "buy", 60_000.0, 0.001)
    held.fill(a_trade(), "sell", 60_000.0, 0.001)
    held.strategy.run.refuse(a_request(time=NOW), NOW, (Reason("mine", "Not today."),))
    assert held.ask(NOW - HOUR) == 0.0
    assert f'Plugin "mine" failed in {hook}: KeyError' in caplog.text
    deaf = False
    held.loop(NOW)
    assert held.ask(NOW) > 0


def test_nija_run_started_that_failed_ends_the_entries_of_its_run(bot, caplog) -> None:
    def forgetful() -> None:
        raise KeyError("yesterday")

    held = bot(nija_run_started=forgetful)
    for now in (NOW - HOUR, NOW):
        held.loop(now)
        assert held.ask(now) == 0.0
    assert 'Plugin "mine" failed in nija_run_started: KeyError' in caplog.text
