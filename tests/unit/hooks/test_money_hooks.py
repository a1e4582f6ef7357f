"""NIJA asks the money hooks with what docs/hooks.md promises, and uses what they answer."""

import pytest

from nija_plugins import answers
from nija_plugins.guard import Hooks, PluginFailure
from nija_plugins.scaling.tiers import tier_named
from nija_plugins.settings import Settings
from tests.conftest import WITHOUT_FILTER, a_request, an_account
from tests.unit.hooks.conftest import FEE, NOW, PAIR, Recorder, built_with


def test_nija_veto_is_given_the_entry_and_the_account(bot) -> None:
    mine = Recorder("request", "account", "settings")
    held = bot(nija_veto=mine)
    held.loop()
    assert held.ask() > 0
    (given,) = mine.calls
    request, account = given["request"], given["account"]
    assert (request.pair, request.time, request.price) == (PAIR, NOW, held.price)
    assert (request.score, request.stop, request.target, request.trail) == (0.9, 0.04, 0.15, 0.06)
    assert (request.mode, request.exchange, request.market.fee) == ("backtest", "kraken", FEE)
    assert (account.time, account.equity, account.positions) == (NOW, 100.0, ())
    assert account.tier == tier_named("STARTER")
    assert given["settings"] == Settings(**WITHOUT_FILTER)


def test_nija_veto_keeps_an_entry_from_happening_and_every_reason_is_kept(bot) -> None:
    refused = Recorder("reasons")
    held = bot(10.0, nija_veto=Recorder(answer="Not today."), nija_entry_refused=refused)
    held.loop()
    assert held.ask() == 0.0
    (given,) = refused.calls
    assert "Not today." in given["reasons"]
    assert any("No tier" in reason for reason in given["reasons"])


def test_a_nija_veto_that_fails_is_an_objection(bot) -> None:
    refused = Recorder("reasons")
    held = bot(nija_veto=Recorder(answer=True), nija_entry_refused=refused)
    held.loop()
    assert held.ask() == 0.0
    assert 'Plugin "mine" failed in nija_veto' in refused.calls[0]["reasons"][0]


def test_nija_stake_is_wished_and_comes_before_nijas_own(bot) -> None:
    mine = Recorder("request", "account", "tier", "settings", answer=10.0)
    held = bot(nija_stake=mine)
    held.loop()
    assert held.ask() == pytest.approx(10.0, abs=0.01)
    (given,) = mine.calls
    assert given["request"].pair == PAIR
    assert given["account"].equity == 100.0
    assert given["tier"] == tier_named("STARTER")
    assert given["settings"] == Settings(**WITHOUT_FILTER)


def test_nija_stake_is_cut_like_any_other(bot) -> None:
    held = bot(nija_stake=Recorder(answer=1e9))
    held.loop()
    assert held.ask() == pytest.approx(18.0, abs=0.01)  # max_position_pct of $100


def test_nija_stake_of_nothing_is_no_entry_and_no_opinion_leaves_it_to_nija(bot) -> None:
    stakes = []
    for answer in (0.0, None):
        held = bot(nija_stake=Recorder(answer=answer))
        held.loop()
        stakes.append(held.ask())
    assert stakes[0] == 0.0 < stakes[1]


def test_a_nija_stake_that_fails_is_no_entry(bot) -> None:
    refused = Recorder("reasons")
    held = bot(nija_stake=Recorder(answer="10"), nija_entry_refused=refused)
    held.loop()
    assert held.ask() == 0.0
    assert 'Plugin "mine" failed in nija_stake' in refused.calls[0]["reasons"][0]


def leverage(answer: object) -> object:
    hooks = Hooks(built_with(Settings(), nija_leverage=Recorder("tier", answer=answer)))
    given = {"request": a_request(), "account": an_account(), "settings": Settings()}
    return hooks.first("nija_leverage", answers.leverage, tier=tier_named("ELITE"), **given)


def test_nija_leverage_is_checked() -> None:
    assert leverage(2) == 2.0
    for nonsense in (0.5, float("nan"), "2", True):
        with pytest.raises(PluginFailure, match="nija_leverage"):
            leverage(nonsense)


def test_nija_leverage_is_asked_for_every_entry_into_futures(bot) -> None:
    mine = Recorder("request", "account", "tier", "settings", answer=1.5)
    held = bot(cash=1_500, futures=True, nija_leverage=mine)
    held.loop()
    assert held.ask_leverage() == 1.5
    (given,) = mine.calls
    assert given["tier"].name == "ELITE"
    assert given["account"].equity == 1_500
    assert given["request"].stop == 0.04


def test_a_nija_leverage_is_cut_and_no_opinion_leaves_it_to_nija(bot) -> None:
    for answer in (50.0, None):
        held = bot(cash=1_500, futures=True, nija_leverage=Recorder(answer=answer))
        held.loop()
        assert held.ask_leverage() == 2.0, "max_leverage"
        assert held.ask_leverage(max_leverage=1.2) == 1.2, "the exchange's"


def test_nija_leverage_is_not_asked_below_the_tier_that_has_it(bot) -> None:
    mine = Recorder(answer=2.0)
    held = bot(cash=999, futures=True, nija_leverage=mine)
    held.loop()
    assert held.ask_leverage() == 1.0
    assert not mine.calls


def test_a_nija_leverage_that_fails_is_no_entry(bot) -> None:
    refused = Recorder("reasons")
    mine = {"nija_leverage": Recorder(answer=0.5), "nija_entry_refused": refused}
    held = bot(cash=1_500, futures=True, **mine)
    held.loop()
    assert held.ask_leverage() == 1.0
    assert held.ask() == 0.0
    assert 'Plugin "mine" failed in nija_leverage' in refused.calls[0]["reasons"][0]


def test_a_leverage_that_was_not_decided_here_is_no_entry(bot) -> None:
    """A forced entry brings its own, and freqtrade does not ask for ours."""
    refused = Recorder("reasons")
    held = bot(cash=1_500, futures=True, nija_entry_refused=refused)
    held.loop()
    assert held.ask(leverage=3.0) == 0.0
    assert "A leverage of 3 is more than the 2 " in refused.calls[0]["reasons"][0]
    assert held.ask(side="short") == 0.0
    assert held.ask(leverage=2.0) > 0
