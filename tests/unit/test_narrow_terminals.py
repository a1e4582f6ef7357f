"""At 60 and 80 columns no name in a table ends in "…"."""

from io import StringIO
from types import SimpleNamespace

import pytest
from rich.console import Console
from typer.testing import CliRunner

from nija_plugins.cli import app, simulate, sweep, train
from nija_plugins.cli.paper import Paper
from nija_plugins.cli.tables import show, table
from nija_plugins.manager import DEFAULT, ESSENTIAL
from nija_plugins.research.growth import QUANTILES, Month
from nija_plugins.research.limits.table import document
from nija_plugins.settings import Settings
from tests.conftest import ROOT
from tests.unit.brokers.test_status import ledger  # noqa: F401
from tests.unit.research.test_table import CASE, over

WIDTHS = pytest.mark.parametrize("width", [60, 80])


def paper(width: int) -> Console:
    return Console(file=StringIO(), width=width)


def said(console: Console) -> str:
    """What was printed, each cell's folded words put together again."""
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= console.width
    return text


@WIDTHS
def test_words_are_folded_and_spare_columns_left_out(width: int) -> None:
    made = table("rule", "pair", "why")
    made.add_row("trade_filter.a_rule_with_a_long_name", "BTC/USD", "a" * 30)
    folded, dropped = paper(width), paper(width)
    show(folded, made)
    assert sum(letter == "a" for letter in said(folded)) >= 30
    show(dropped, made, spare=("why",))
    assert "trade_filter.a_rule_with_a_long_name" in said(dropped)
    assert ("No room for: why." in said(dropped)) == (width < 85)


@WIDTHS
@pytest.mark.parametrize("command", ["status", "plugins"])
@pytest.mark.usefixtures("ledger")
def test_of_the_portfolio_and_the_plugins(command: str, width: int) -> None:
    told = CliRunner().invoke(app, [command], env={"COLUMNS": f"{width}"})
    assert told.exit_code == 0
    assert "…" not in told.stdout


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_the_name_of_a_plugin_is_never_folded(width: int) -> None:
    told = CliRunner().invoke(app, ["plugins"], env={"COLUMNS": f"{width}"})
    assert max(map(len, told.stdout.splitlines())) <= width
    assert {*DEFAULT, *ESSENTIAL} <= set(told.stdout.split())
    assert ("No room for: origin" in told.stdout) == (width < 100)


@WIDTHS
def test_of_limits(width: int) -> None:
    console = paper(width)
    console.print(Paper(document([(CASE, over(1.0))], "nija limits", 30)))
    text = said(console)
    for name in ("risk.tier", "SOL/USD", "NijaMicro's", "worst day", "because of"):
        assert name in text


@WIDTHS
def test_of_simulate(width: int) -> None:
    tiers = {"no tier": 0.1, "STARTER": 0.2, "GROWTH": 0.3, "ADVANCED": 0.2, "ELITE": 0.2}
    money = tuple(10_000.0 * quantile for quantile in QUANTILES)
    console = paper(width)
    simulate._show(console, [Month(1, money, tiers, 0.1, 1.0)], Settings())
    text = said(console)
    for name in ("STARTER", "GROWTH", "ADVANCED", "ELITE", "$9,500", "100.0%"):
        assert name in text


@WIDTHS
def test_of_train(width: int) -> None:
    quarter = {"quarter": "2024 Q1", "learned": 1872, "winners": 0.28, "judged": 1195}
    quarter |= {"auc": 0.58, "passed": 0.36, "r_passed": -0.47, "r_refused": -0.62}
    history = SimpleNamespace(pairs=("BTC/USD", "ETH/USD", "SOL/USD"), fee=0.012)
    console = paper(width)
    train._show([quarter | {"problem": None}], history, console)  # type: ignore[arg-type]
    text = said(console)
    for name in ("quarter", "winners", "passed", "2024 Q1", "-0.62"):
        assert name in text


@WIDTHS
def test_of_sweep(width: int) -> None:
    one = {"name": "risk_per_trade=2, drawdown_pause_days=14", "backtests": 40, "middle": 0.1234}
    one |= {"worst": -0.1, "best": 0.2, "drawdown": 0.12, "profitable": 0.5, "trades": 1234}
    facts = {"sets": [one], "finished": 40, "backtests": 40, "results": "x", "report": None}
    console = paper(width)
    sweep._show(console, facts)
    text = said(console)
    for name in ("risk_per_trade=2", "drawdown_pause_days=14", "middle", "+12.3%"):
        assert name in text


def test_every_table_of_a_command_is_made_this_way() -> None:
    """The doctor's has its own way: a check's name is never folded."""
    commands = (ROOT / "nija_plugins/cli").glob("*.py")
    own = {one.stem for one in commands if " Table(" in one.read_text(encoding="utf-8")}
    assert own == {"tables", "doctor"}
