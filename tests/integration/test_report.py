"""`nija report` and `nija simulate` about a real backtest: their numbers are freqtrade's."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from nija_plugins.cli import app
from nija_plugins.report.from_result import performance
from nija_plugins.report.html import numbers, page
from nija_plugins.report.performance import Performance
from nija_plugins.research.result import Result, latest
from nija_plugins.venue.market.files import write_synthetic_candles
from tests.conftest import copy_of_the_house, nija

# One backtest serves all of them.
pytestmark = pytest.mark.xdist_group("report")

TIMERANGE = "20230301-20230601"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house with three months of backtest, from $300 on Kraken."""
    home = copy_of_the_house(tmp_path_factory.mktemp("report"))
    datadir = home / "user_data/data/kraken"
    first, end = datetime(2023, 1, 1, tzinfo=UTC), datetime(2023, 6, 2, tzinfo=UTC)
    write_synthetic_candles(datadir, first, end, seed=3)
    done = nija(
        home,
        *("offline", "--exchange", "kraken", "--port", "18791", "--seed", "3"),
        *("backtesting", "--strategy", "NijaMicro", "--timerange", TIMERANGE),
        *("--dry-run-wallet", "300", "--export", "trades", "--cache", "none"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return home


@pytest.fixture(scope="module")
def result(home: Path) -> Result:
    return latest(home / "user_data/backtest_results")


@pytest.fixture(scope="module")
def account(home: Path, result: Result) -> Performance:
    return performance(result, home / "user_data/data/kraken")


def test_trades_profit_and_fees_are_freqtrades(account: Performance, result: Result) -> None:
    stats = result.statistics
    assert stats["total_trades"] > 8
    assert len(account.trades) == stats["total_trades"]
    assert account.trades["profit"].sum() == pytest.approx(stats["profit_total_abs"], abs=1e-6)
    assert account.final == stats["final_balance"]
    assert account.total_return == pytest.approx(stats["profit_total"])
    assert (account.trades["profit"] > 0).sum() == stats["wins"]
    by_pair = account.trades.groupby("pair")["profit"].sum()
    for one in stats["results_per_pair"]:
        if one["key"] in by_pair:
            assert by_pair[one["key"]] == pytest.approx(one["profit_total_abs"], abs=1e-6)
    told = {one["name"]: one["value"] for one in numbers(account)}
    assert told["Ends with"] == f"${stats['final_balance']:,.2f}"
    assert told["Trades"] == str(stats["total_trades"])


def test_drawdown_is_the_wallets_less_the_fees_to_get_out(
    account: Performance, result: Result
) -> None:
    """freqtrade values the wallet at each candle's price without the fee to sell it."""
    wallet = result.statistics["wallet_stats"]["max_drawdown_account"]
    assert account.drawdown == pytest.approx(wallet, abs=0.005)
    assert f"{wallet:.2%}" in account.own_words.values()
    closed = result.statistics["max_drawdown_account"]
    assert account.own_words["Drawdown of closed trades"] == f"{closed:.2%}"


def test_every_stake_is_recorded_with_its_legs_and_cuts(account: Performance) -> None:
    for trade in account.trades.itertuples():
        assert sum(trade.legs.values()) == pytest.approx(trade.wish, rel=1e-6)
        allowed = min(trade.wish, *trade.cuts.values())
        assert trade.stake <= allowed * (1 + 1e-6)
        assert trade.by == "wish" or trade.cuts[trade.by] == pytest.approx(allowed)
        assert trade.stake == pytest.approx(trade.open_rate * trade.amount, rel=1e-6)


def test_r_is_the_profit_over_what_the_stop_would_have_lost(
    account: Performance, result: Result
) -> None:
    """Whoever fell to the planned stop lost 1 R, but for the tick that the price is rounded to."""
    stopped = account.trades[account.trades["exit_reason"] == "stop_loss"]
    assert len(stopped) > 0
    planned = stopped["open_rate"] * (1 - stopped["stop"])
    as_planned = (stopped["close_rate"] / planned - 1).abs() < 1e-3
    assert as_planned.any()
    assert stopped.loc[as_planned, "r"].to_list() == pytest.approx(
        [-1.0] * int(as_planned.sum()), abs=0.02
    )
    assert (account.trades["best_r"] >= account.trades["r"] - 1e-9).all()


def test_the_stop_on_the_candles_is_the_one_that_sold(account: Performance) -> None:
    """The drawn stop, planned and trailed, never lies above what it was sold at."""
    text = page(account)
    views = json.loads(
        text.split('<script type="application/json" id="data">')[1].split("</script>")[0]
    )["trades"]["all"]
    by_stop = account.trades["exit_reason"].isin(["stop_loss", "trailing_stop_loss"])
    for view, stopped in zip(views, by_stop, strict=True):
        stops = [one for one in view["bars"]["s"] if one is not None]
        assert stops == sorted(stops)
        if stopped:
            assert stops[-1] <= view["y"][1] * 1.001


def test_the_commands(home: Path, result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    told = CliRunner().invoke(app, ["report"])
    assert told.exit_code == 0, told.output
    file = Path("user_data/backtest_results") / f"{result.path.stem}.html"
    assert f"Report: {file}" in told.output
    text = file.read_text()
    assert "A synthetic market" in text
    assert f"${result.statistics['final_balance']:,.2f}" in text
    assert str(home) not in text  # it may be sent to somebody

    scripted = CliRunner().invoke(app, ["report", "--json", "-o", "again.html"])
    facts = json.loads(scripted.stdout)
    assert facts["report"] == "again.html" and Path("again.html").read_text() == text
    assert facts["trades"] == result.statistics["total_trades"]
    assert facts["final"] == result.statistics["final_balance"]
    assert facts["drawdown"] == pytest.approx(result.drawdown)
    assert facts["tier"] == result.nija_run["tier_changes"][-1]["to_tier"]

    drawn = CliRunner().invoke(app, ["simulate", "--json", "--months", "3", "--paths", "200"])
    facts = json.loads(drawn.stdout)
    assert facts["trades"] == result.statistics["total_trades"]
    assert drawn.exit_code == (0 if facts["trades"] >= 20 else 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere.zip",), "nowhere.zip is no readable result"),
        (("nowhere",), "No backtest result in nowhere"),
        (("--db", "sqlite:///nowhere.sqlite"), "There is no database of trades here"),
        (("--db", "trades"), "is no database: say sqlite:///FILE"),
        (("some.zip", "--db", "sqlite:///x"), "Name a result or --db, not both."),
    ],
)
@pytest.mark.parametrize("command", ["report", "simulate"])
def test_what_is_not_there_is_said_in_a_line(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    arguments: tuple[str, ...],
    words: str,
) -> None:
    monkeypatch.chdir(home)
    told = CliRunner().invoke(app, [command, *arguments])
    assert told.exit_code == 2
    assert words in told.stderr
    assert "Traceback" not in told.output


def test_of_another_strategy_there_is_what_freqtrade_knows(result: Result) -> None:
    account = performance(replace(result, nija_run={}), None)
    wallet = result.statistics["wallet_stats"]["max_drawdown_account"]
    assert account.drawdown == pytest.approx(wallet, abs=0.002)
    assert account.final == result.statistics["final_balance"]
    text = page(account)
    assert "Not NIJA" in text
    assert "result, % of the stake" in text
    assert "No odds: The planned losses of these trades were not recorded" in text


def test_a_result_from_before_stakes_were_recorded_says_so(result: Result) -> None:
    before = {name: what for name, what in result.nija_run.items() if name != "stakes"}
    account = performance(replace(result, nija_run=before), None)
    assert account.drawdown == result.drawdown
    assert "Made before NIJA recorded plans and stakes" in page(account)


def test_tiers_of_the_report_are_those_of_the_run(account: Performance, result: Result) -> None:
    changes = result.nija_run["tier_changes"]
    assert account.last_tier == changes[-1]["to_tier"]
    first = account.trades.sort_values("opened").iloc[0]
    held = [one for one in changes if pd.Timestamp(one["time"]) <= first["opened"]]
    assert first["tier"] == held[-1]["to_tier"]
