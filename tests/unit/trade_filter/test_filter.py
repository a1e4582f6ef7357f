"""The filter over stored candles: no look ahead, the same live as in a backtest, nothing fitted
twice, and a sentence where there is too little to learn from."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from freqtrade.enums import RunMode
from typer.testing import CliRunner

from nija_plugins.candles.archive import Archive
from nija_plugins.cli import app
from nija_plugins.cli.explain import market_rules
from nija_plugins.market import COLUMNS
from nija_plugins.research.filter_study import auc, walk
from nija_plugins.settings import Settings
from nija_plugins.trade_filter import confidence, training
from tests.conftest import a_request
from tests.unit.trade_filter.conftest import HOOKS, PAIRS, archive, past, stored, view

SAID = ["nija_confidence", "nija_win_prob", "nija_doubt"]
START_UP = 719


def late(folder: Path, pair: str = "BTC/USD") -> pd.DataFrame:
    """The first months that have a year before them, in two quarters, and a start-up."""
    candles = stored(folder, pair)
    return candles[candles["date"] >= "2022-12-13"].reset_index(drop=True)


def ended(candles: Archive, moment: pd.Timestamp) -> Archive:
    """An archive of the same candles that knows nothing after `moment`."""
    cut = archive(None)
    cut._known = {pair: candles.before(pair, moment) for pair in PAIRS}
    return cut


@pytest.fixture
def whole(recorded: Path) -> pd.DataFrame:
    return view(late(recorded), past(archive(recorded)))


def test_the_filter_ranks_and_estimates(whole: pd.DataFrame) -> None:
    known = whole.iloc[START_UP:]
    assert known["nija_confidence"].between(0, 1).all()
    assert known["nija_win_prob"].between(0.05, 0.95).all()
    assert known["nija_doubt"].isna().all()
    assert known["nija_confidence"].nunique() > 100
    assert whole["nija_doubt"].iloc[:100].notna().all()


def test_nija_signals_shows_the_confidence_that_a_bot_would_have(
    recorded: Path, forgetful: Callable[[], None]
) -> None:
    """Learned from all pairs and at the exchange's fee, not from the pair alone and at none."""
    fee = market_rules("coinbase", "BTC/USD", {}).fee
    beyond = replace(past(archive(recorded)), fee=fee)
    bot = view(stored(recorded), beyond)
    forgetful()
    shown = CliRunner().invoke(app, ["signals", "BTC/USD", "--datadir", str(recorded), "--json"])
    facts = json.loads(shown.stdout)
    assert facts["confidence"] == bot["nija_confidence"].iloc[-1]
    assert facts["doubt"] is None


def future_changes_nothing(recorded: Path, whole: pd.DataFrame, cuts: Any) -> None:
    candles, frame = archive(recorded), late(recorded)
    for cut in cuts:
        moment = frame["date"].iloc[cut]
        for known in (candles, ended(candles, moment)):
            seen = view(frame.iloc[:cut], past(known))
            pd.testing.assert_frame_equal(
                seen[list(COLUMNS)], whole[list(COLUMNS)].iloc[:cut], check_exact=True
            )


def test_cutting_the_candles_changes_no_earlier_column(recorded: Path, whole: pd.DataFrame) -> None:
    """Neither where the files go on beyond the cut, nor where they end with it."""
    future_changes_nothing(recorded, whole, np.random.default_rng(1).integers(750, len(whole), 4))


@pytest.mark.slow
def test_cutting_the_candles_at_200_points_changes_no_earlier_column(
    recorded: Path, whole: pd.DataFrame
) -> None:
    future_changes_nothing(recorded, whole, np.random.default_rng(2).integers(750, len(whole), 200))


def test_a_bot_says_what_the_backtest_says_and_keeps_what_it_saw(
    datadir: Path, whole: pd.DataFrame, forgetful: Callable[[], None]
) -> None:
    """Files that end twenty days ago; a bot that starts with 719 candles; a restart."""
    everything = {pair: stored(datadir, pair) for pair in PAIRS}
    frame = late(datadir)
    for hours in (600, 40):
        now = frame["date"].iloc[-hours]
        for pair, candles in everything.items():
            if hours == 600:
                older = candles[candles["date"] < now - pd.Timedelta(days=20)]
                older.reset_index(drop=True).to_feather(
                    datadir / f"{pair.replace('/', '_')}-1h.feather"
                )
        forgetful()
        bot = past(archive(datadir, RunMode.DRY_RUN))
        for pair in (*PAIRS[1:], PAIRS[0]):
            seen = everything[pair][everything[pair]["date"] <= now].iloc[-START_UP:]
            said = view(seen.reset_index(drop=True), bot, pair)
        expected = whole[whole["date"] == now].iloc[0]
        for column in COLUMNS:
            assert str(said[column].iloc[-1]) == str(expected[column]), column
        for pair, candles in everything.items():
            kept = stored(datadir, pair)
            expected_rows = candles[candles["date"] <= now].reset_index(drop=True)
            pd.testing.assert_frame_equal(kept, expected_rows, check_dtype=False)


def test_nothing_is_fitted_twice(
    recorded: Path, tmp_path: Path, forgetful: Callable[[], None], monkeypatch
) -> None:
    """Not by another pair, not by a second run, not by another process."""
    fits: list[int] = []
    fitted = training.fitted

    def counted(learned: pd.DataFrame) -> Any:
        fits.append(len(learned))
        return fitted(learned)

    monkeypatch.setattr(training, "fitted", counted)
    first = view(late(recorded), past(archive(recorded), cache=tmp_path))
    assert len(fits) == 2, "the first two quarters of 2023"
    for pair in PAIRS[1:]:
        view(late(recorded, pair), past(archive(recorded), cache=tmp_path), pair)
    forgetful()
    again = view(late(recorded), past(archive(recorded), cache=tmp_path))
    assert len(fits) == 2
    pd.testing.assert_frame_equal(again, first, check_exact=True)


def test_other_fees_make_other_models(recorded: Path, tmp_path: Path, forgetful) -> None:
    view(late(recorded), past(archive(recorded), cache=tmp_path))
    view(late(recorded), replace(past(archive(recorded), cache=tmp_path), fee=0.012))
    assert len(list(tmp_path.glob("*.json"))) == 4


class TestTooLittle:
    """The filter does not know: nothing is entered, and the sentence says what to do."""

    def doubt(self, folder: Path | None, exchange: str = "coinbase") -> str:
        frame = late(folder) if folder else None
        assert frame is not None
        said = view(frame.iloc[-START_UP:].reset_index(drop=True), past(archive(folder), exchange))
        assert said["nija_confidence"].isna().all()
        sentence = str(said["nija_doubt"].iloc[-1])
        request = a_request(doubt=sentence)
        assert confidence.nija_veto(request, Settings()) == sentence
        return sentence

    def test_nothing_is_stored(self, recorded: Path) -> None:
        frame = late(recorded).iloc[-START_UP:].reset_index(drop=True)
        for exchange, trades in (("coinbase", ""), ("kraken", " --dl-trades")):
            said = view(frame, past(archive(None), exchange))
            assert said["nija_doubt"].iloc[-1] == (
                "The AI filter learns from the year before 2023-04-01, and 8,760 of 8,760 candles "
                "of BTC/USD are missing. Run: freqtrade download-data --timeframes 1h 1d "
                f"--timerange 20210225-{trades}"
            )

    def test_a_hole_takes_new_files(self, datadir: Path) -> None:
        """20 days are too much, a weekend is not."""
        candles = stored(datadir)
        inside = candles["date"].dt.strftime("%Y-%m").eq("2022-08")
        file = datadir / "BTC_USD-1h.feather"
        candles[~(inside & (candles["date"].dt.day > 29))].reset_index(drop=True).to_feather(file)
        frame = late(datadir).iloc[-START_UP:].reset_index(drop=True)
        assert view(frame, past(archive(datadir)))["nija_doubt"].iloc[-1] is None
        candles[~(inside & (candles["date"].dt.day > 11))].reset_index(drop=True).to_feather(file)
        said = self.doubt(datadir)
        assert "480 of 8,760 candles of BTC/USD are missing" in said
        assert said.endswith("--timerange 20210225- --erase")

    def test_another_pair_that_lacks_history_is_left_out(self, datadir: Path) -> None:
        (datadir / "SOL_USD-1h.feather").unlink()
        frame = late(datadir).iloc[-START_UP:].reset_index(drop=True)
        assert view(frame, past(archive(datadir)))["nija_doubt"].iloc[-1] is None


def test_with_shuffled_labels_there_is_no_skill(recorded: Path) -> None:
    history = past(archive(recorded)).stored(HOOKS, Settings(), stored(recorded)["date"].iloc[-1])
    found = []
    for seed in range(4):
        for quarter, _ in walk(history, shuffled=seed):
            if quarter.problem is None:
                found.append(quarter.judged.assign(seed=seed))
    judged = pd.concat(found)
    assert len(judged) > 500
    assert auc(judged) == pytest.approx(0.5, abs=0.06)
