"""NIJA asks the market hooks with what docs/hooks.md promises, and uses what they answer."""

import numpy as np
import pandas as pd
import pytest

from nija_plugins.bars import decision_rows
from nija_plugins.candles.history import CANDLES
from nija_plugins.guard import Hooks
from nija_plugins.market import add_view
from nija_plugins.settings import PluginSettings, Settings
from nija_plugins.view import Confidence, Family, Plan, Vote
from tests.unit.hooks.conftest import PAIR, Recorder, built_with

MARKET = ("dataframe", "pair", "settings")


def view_of(candles: pd.DataFrame, settings: Settings | None = None, **mine) -> pd.DataFrame:
    settings = settings or Settings()
    return add_view(candles, PAIR, Hooks(built_with(settings, **mine)), settings)


def numbers(candles: pd.DataFrame, value: float) -> pd.Series:
    return pd.Series(value, index=candles.index)


def promised(recorder: Recorder, candles: pd.DataFrame) -> bool:
    """Asked once, with the candles, the pair and the settings."""
    (given,) = recorder.calls
    same_candles = given["dataframe"].equals(candles)
    return same_candles and given["pair"] == PAIR and given["settings"] == Settings()


def test_nija_regime_names_every_row_and_reaches_the_score(candles) -> None:
    mine = Recorder(*MARKET, answer=pd.Series("crisis", index=candles.index))
    score = Recorder("votes", "regime", "settings")
    view = view_of(candles, nija_regime=mine, nija_score=score)
    assert promised(mine, candles)
    assert (view["nija_regime"] == "crisis").all()
    assert (score.calls[0]["regime"] == "crisis").all()


def test_nija_regime_is_not_asked_when_the_engine_is_off(candles) -> None:
    mine = Recorder("dataframe", answer=pd.Series("crisis", index=candles.index))
    view = view_of(candles, Settings(market_regime_engine=False), nija_regime=mine)
    assert not mine.calls
    assert (view["nija_regime"] == "unknown").all()


def test_nija_votes_are_collected_from_everybody(candles) -> None:
    vote = Vote("mine", Family.VOLUME, numbers(candles, 0.5))
    mine = Recorder(*MARKET, answer=[vote])
    score = Recorder("votes", "regime", "settings")
    view_of(candles, nija_votes=mine, nija_score=score)
    assert promised(mine, candles)
    heard = {one.name: one for one in score.calls[0]["votes"]}
    assert heard.keys() > {"mine", "momentum", "expansion"}
    assert heard["mine"].family == Family.VOLUME
    assert heard["mine"].score.equals(vote.score)


def test_nija_votes_move_the_ensembles_score(candles) -> None:
    sure = [Vote(f, Family(f), numbers(candles, 1.0)) for f in ("breakout", "momentum")]
    without = view_of(candles)["nija_score"]
    with_mine = view_of(candles, nija_votes=Recorder("pair", answer=sure))["nija_score"]
    assert (with_mine >= without).all()
    assert (with_mine > without).any()


def test_nija_score_decides_what_is_a_candidate(candles) -> None:
    rising = pd.Series(np.linspace(0, 1, len(candles)), index=candles.index)
    mine = Recorder("votes", "regime", "settings", answer=rising)
    view = view_of(candles, nija_score=mine, nija_plan=a_plan(candles))
    (given,) = mine.calls
    assert all(isinstance(vote, Vote) for vote in given["votes"])
    assert given["regime"].equals(view["nija_regime"])
    assert given["settings"] == Settings()
    assert view["nija_score"].equals(rising)
    expected = decision_rows(candles) & (rising >= 0.5)
    assert view["nija_candidate"].equals(expected)


def a_plan(candles: pd.DataFrame, stop: float = 0.04) -> Recorder:
    plan = Plan(numbers(candles, stop), numbers(candles, 0.15), numbers(candles, 0.06))
    return Recorder(*MARKET, answer=plan)


def test_nija_plan_becomes_stop_target_and_trail(candles) -> None:
    mine = a_plan(candles)
    view = view_of(candles, nija_plan=mine)
    assert promised(mine, candles)
    for column, value in (("nija_stop", 0.04), ("nija_target", 0.15), ("nija_trail", 0.06)):
        assert (view[column] == value).all()


def test_without_a_nija_plan_there_is_no_candidate(candles) -> None:
    sure = Recorder("votes", answer=numbers(candles, 1.0))
    assert view_of(candles, nija_score=sure, nija_plan=a_plan(candles))["nija_candidate"].any()
    nowhere = a_plan(candles, float("nan"))
    assert not view_of(candles, nija_score=sure, nija_plan=nowhere)["nija_candidate"].any()


def test_nija_confidence_becomes_a_column(candles) -> None:
    trust = numbers(candles, 0.7).where(candles.index > 500)
    chance = numbers(candles, 0.4)
    mine = Recorder(*MARKET, "history", answer=Confidence(trust, chance))
    view = view_of(candles, nija_confidence=mine, nija_plan=a_plan(candles))
    assert promised(mine, candles)
    history = mine.calls[0]["history"]
    moment = candles["date"].iloc[100]
    known = history.before(PAIR, moment)
    pd.testing.assert_frame_equal(known[CANDLES], candles.iloc[:100][CANDLES])
    assert (known["nija_stop"] == 0.04).all()
    assert len(history.before(PAIR, moment + pd.Timedelta(days=999))) == len(candles)
    assert view["nija_confidence"].equals(trust)
    assert view["nija_win_prob"].equals(chance)
    assert view["nija_doubt"].isna().equals(trust.notna())


def test_nija_confidence_is_not_asked_when_the_filter_is_off(candles) -> None:
    mine = Recorder("dataframe", answer=Confidence(numbers(candles, 0.7), numbers(candles, 0.7)))
    view = view_of(candles, Settings(ai_trade_filter=False), nija_confidence=mine)
    assert not mine.calls
    columns = ["nija_confidence", "nija_win_prob", "nija_doubt"]
    assert view[columns].isna().all(axis=None)


def test_nija_confidence_that_nobody_has_is_a_doubt(candles) -> None:
    silent = {"plugins": PluginSettings(disable=("trade_filter.filter",))}
    view = view_of(candles, Settings(**silent), nija_confidence=Recorder("pair"))
    assert (view["nija_doubt"] == f"No loaded AI filter has an opinion on {PAIR}.").all()


def test_nija_confidence_reaches_a_veto_through_the_request(bot, candles) -> None:
    for trust in (0.7, float("nan")):
        veto = Recorder("request")
        mine = Recorder("dataframe", answer=Confidence(*[numbers(candles, trust)] * 2))
        held = bot(nija_confidence=mine, nija_veto=veto)
        held.loop()
        held.ask()
        request = veto.calls[0]["request"]
        assert request.confidence == request.win_probability == (0.7 if trust > 0 else None)
        assert (request.doubt is None) == (trust > 0)


@pytest.mark.parametrize("hook", ["nija_regime", "nija_votes", "nija_score", "nija_plan"])
def test_no_opinion_leaves_it_to_nija(candles, hook: str) -> None:
    quiet = Recorder()
    pd.testing.assert_frame_equal(view_of(candles, **{hook: quiet}), view_of(candles))
    assert quiet.calls


@pytest.mark.parametrize(
    "hook", ["nija_regime", "nija_votes", "nija_score", "nija_plan", "nija_confidence"]
)
def test_nonsense_leaves_no_candidate_and_is_named(candles, caplog, hook: str) -> None:
    sure = {
        "nija_score": Recorder("votes", answer=numbers(candles, 1.0)),
        "nija_plan": a_plan(candles),
    }
    assert view_of(candles, **sure)["nija_candidate"].any()
    view = view_of(candles, **(sure | {hook: Recorder(answer="buy!")}))
    assert not view["nija_candidate"].any()
    assert f'Plugin "mine" failed in {hook}' in caplog.text
