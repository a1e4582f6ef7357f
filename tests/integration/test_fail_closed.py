"""A plugin that fails, in every hook in turn, through freqtrade's own backtesting: nothing is
entered on it, open trades are still taken out, and the log names plugin and hook."""

import logging
import textwrap
from pathlib import Path

import pandas as pd
import pytest

from nija_plugins import guard
from tests.integration.engine import Engine, Outcome, engine

FROM = pd.Timestamp("2023-03-21", tz="UTC")
"""From when on money and event hooks misbehave; the trades of before must still be closed."""

RAISES = "raise RuntimeError('broken on purpose')"
MARKET_HOOKS = {
    "nija_regime": "dataframe",
    "nija_votes": "dataframe",
    "nija_score": "votes, regime",
    "nija_plan": "dataframe",
    "nija_confidence": "dataframe",
}
MARKET_NONSENSE = {
    "raises": RAISES,
    "nan": "return float('nan')",
    "negative": "return -1",
    "text": "return 'up'",
    "short series": "return pd.Series([0.5])",
}
MONEY_NONSENSE = {
    "raises": RAISES,
    "nan": "return float('nan')",
    "negative": "return -1",
    "series": "return pd.Series([0.5])",
    "sleeps": "time.sleep(0.06)",
}
EVENTS = {
    "nija_run_started": "settings",
    "nija_equity": "account",
    "nija_tier_changed": "account",
    "nija_entry_refused": "request",
    "nija_entry_filled": "pair",
    "nija_exit_filled": "pair",
}


@pytest.fixture(scope="module")
def backtests(tmp_path_factory: pytest.TempPathFactory):
    from tests.conftest import copy_of_the_house

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guard, "LATE_SECONDS", 0.05)
        with engine(copy_of_the_house(tmp_path_factory.mktemp("closed")), patch) as ready:
            yield ready


def plugin(hook: str, arguments: str, body: str) -> str:
    source = f"""
        import time
        import pandas as pd
        from nija_plugins import hookimpl

        SINCE = pd.Timestamp("{FROM.isoformat()}")

        @hookimpl
        def {hook}({arguments}):
            {body}
    """
    return textwrap.dedent(source)


def run_with(backtests: Engine, source: str, **nija) -> Outcome:
    file = Path(backtests.house) / "user_data/plugins/culprit.py"
    file.write_text(source)
    try:
        return backtests.backtest(nija, timerange="20230301-20230601")
    finally:
        file.unlink()


def named(caplog: pytest.LogCaptureFixture, hook: str) -> bool:
    return any(f'"culprit" failed in {hook}' in record.getMessage() for record in caplog.records)


@pytest.fixture(scope="module")
def undisturbed(backtests: Engine) -> Outcome:
    outcome = backtests.backtest(timerange="20230301-20230601")
    dates = outcome.trades["open_date"]
    assert (dates < FROM).sum() >= 3
    assert (dates >= FROM).sum() >= 3
    assert ((dates < FROM) & (outcome.trades["close_date"] > FROM)).any()
    return outcome


@pytest.mark.parametrize("what", MARKET_NONSENSE)
@pytest.mark.parametrize("hook", MARKET_HOOKS)
def test_a_market_plugin_that_fails_lets_nothing_in(
    backtests: Engine, undisturbed: Outcome, caplog, hook: str, what: str
) -> None:
    source = plugin(hook, MARKET_HOOKS[hook], MARKET_NONSENSE[what])
    with caplog.at_level(logging.ERROR):
        outcome = run_with(backtests, source, ai_trade_filter=hook == "nija_confidence")
    assert outcome.trades.empty
    assert named(caplog, hook)


@pytest.mark.parametrize("what", MONEY_NONSENSE)
@pytest.mark.parametrize("hook", ["nija_veto", "nija_stake"])
def test_a_money_plugin_that_fails_lets_nothing_more_in(
    backtests: Engine, undisturbed: Outcome, caplog, hook: str, what: str
) -> None:
    body = f"if request.time >= SINCE:\n                {MONEY_NONSENSE[what]}"
    with caplog.at_level(logging.ERROR):
        outcome = run_with(backtests, plugin(hook, "request", body))
    assert_closed_from_then_on(outcome, undisturbed)
    assert named(caplog, hook)


def assert_closed_from_then_on(outcome: Outcome, undisturbed: Outcome) -> None:
    """The trades entered before are the same, to their exits; none is entered afterwards."""
    before = undisturbed.trades[undisturbed.trades["open_date"] < FROM]
    columns = ["pair", "open_date", "close_date", "stake_amount", "exit_reason", "profit_abs"]
    pd.testing.assert_frame_equal(
        outcome.trades[columns].reset_index(drop=True), before[columns].reset_index(drop=True)
    )


def test_no_opinion_is_no_failure(backtests: Engine, undisturbed: Outcome) -> None:
    """None means "ask the next one": the built-in sizer and rules go on."""
    for hook in ("nija_stake", "nija_veto"):
        outcome = run_with(backtests, plugin(hook, "request", "return None"))
        assert len(outcome.trades) == len(undisturbed.trades)
        assert outcome.final_balance == undisturbed.final_balance


def test_an_observer_of_equity_that_fails_lets_nothing_more_in(
    backtests: Engine, undisturbed: Outcome, caplog
) -> None:
    body = f"if account.time >= SINCE:\n                {RAISES}"
    with caplog.at_level(logging.ERROR):
        outcome = run_with(backtests, plugin("nija_equity", "account", body))
    assert_closed_from_then_on(outcome, undisturbed)
    assert named(caplog, "nija_equity")


def test_a_plugin_that_cannot_start_over_lets_nothing_in(backtests: Engine, caplog) -> None:
    with caplog.at_level(logging.ERROR):
        outcome = run_with(backtests, plugin("nija_run_started", "settings", RAISES))
    assert outcome.trades.empty
    assert outcome.refused["risk.account"] > 0
    assert named(caplog, "nija_run_started")


@pytest.mark.parametrize("hook", ["nija_tier_changed", "nija_entry_filled", "nija_exit_filled"])
def test_after_a_failed_event_nothing_more_is_entered_in_that_loop(
    backtests: Engine, undisturbed: Outcome, caplog, hook: str
) -> None:
    """Each failure is heard of, trades go on in later loops, and no loop that had one enters."""
    with caplog.at_level(logging.ERROR):
        outcome = run_with(backtests, plugin(hook, EVENTS[hook], RAISES))
    assert named(caplog, hook)
    assert not outcome.trades.empty
    opened = list(outcome.trades["open_date"])
    if hook == "nija_entry_filled":
        assert len(opened) == len(set(opened)), "two entries in a candle whose first event failed"
    if hook == "nija_exit_filled":
        assert not set(opened) & set(outcome.trades["close_date"])
    if hook == "nija_tier_changed":
        moments = {pd.Timestamp(change["time"]) for change in outcome.tier_changes}
        assert moments and not set(opened) & moments


def test_a_failure_to_hear_of_refusals_changes_no_refusal(
    backtests: Engine, undisturbed: Outcome, caplog
) -> None:
    with caplog.at_level(logging.ERROR):
        outcome = run_with(backtests, plugin("nija_entry_refused", "request", RAISES))
    assert named(caplog, "nija_entry_refused")
    assert len(outcome.trades) <= len(undisturbed.trades)
