"""docs/hooks.md keeps its word: each hook stands there as it is specified, with an example that
serves it, and has a test of its own."""

import ast
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nija_plugins import answers, hookspecs, manager
from nija_plugins.candles.history import History, without_plan
from nija_plugins.guard import Hooks, PluginFailure
from nija_plugins.scaling import tiers
from nija_plugins.scaling.tiers import tier_named
from nija_plugins.settings import Settings
from nija_plugins.venue.market.generator import synthetic_candles
from nija_plugins.view import Family, Vote
from tests.conftest import ROOT, a_request, an_account

PAGE = ROOT / "docs/hooks.md"
TESTS = ROOT / "tests/unit/hooks"
LABELS = ("Called", "Return", "Several plugins", "On error", "Use it in")

SPECS: dict[str, ast.FunctionDef] = {
    node.name: node
    for node in ast.parse(Path(hookspecs.__file__).read_text()).body
    if isinstance(node, ast.FunctionDef)
}
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^##? |\Z)", PAGE.read_text(), re.M | re.S))


def block(text: str, language: str) -> str:
    """The only code block of `language`."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)
    return str(found)


def signature(function: ast.FunctionDef) -> str:
    """Name, arguments and answer in one spelling; quotes around annotations are Python's need."""
    text = f"{function.name}({ast.unparse(function.args)}) -> {ast.unparse(function.returns)}"
    return text.replace("'", "")


def test_the_page_has_every_hook_in_the_specifications_order() -> None:
    assert list(SECTIONS) == list(SPECS)


def test_every_specification_is_a_hook() -> None:
    assert list(SPECS) == [n for n, f in vars(hookspecs).items() if hasattr(f, "nija_spec")]


@pytest.mark.parametrize("hook", SPECS)
def test_the_documented_signature_is_the_specified_one(hook: str) -> None:
    (documented,) = ast.parse(f"def {block(SECTIONS[hook], 'text').strip()}: ...").body
    assert isinstance(documented, ast.FunctionDef)
    assert signature(documented) == signature(SPECS[hook])


@pytest.mark.parametrize("hook", SPECS)
def test_every_question_is_answered(hook: str) -> None:
    labels = re.findall(r"^\*\*(.*?)\*\*", SECTIONS[hook], re.M)
    assert tuple(labels) == LABELS
    several = re.findall(r"^\*\*Several plugins\*\*: (.*)", SECTIONS[hook], re.M)[0]
    first_wins = getattr(hookspecs, hook).nija_spec["firstresult"]
    assert several.startswith("the first answer") == first_wins


def test_every_default_plugin_stands_at_its_hook(tmp_path: Path) -> None:
    named = {hook: set(re.findall(r"`(\w+\.\w+)`", text)) for hook, text in SECTIONS.items()}
    for plugin in manager.describe(manager.build(Settings(), tmp_path)):
        for hook in plugin.hooks if plugin.name in manager.DEFAULT else ():
            assert plugin.name in named[hook], f"{hook} in docs/hooks.md names no {plugin.name}"


@pytest.fixture(scope="module")
def candles() -> pd.DataFrame:
    start, end = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)
    frame = synthetic_candles("BTC", start, end)
    return frame.assign(close_1d=frame["close"], sma50_1d=frame["close"].rolling(100).mean())


def asked(hook: str, candles: pd.DataFrame) -> tuple[Any, dict[str, Any]]:
    """The check of `hook`'s answer (None: it is told, not asked), and its arguments."""
    index, settings = candles.index, Settings()
    market = {"dataframe": candles, "pair": "BTC/USD", "settings": settings}
    money = {"request": a_request(), "account": an_account(), "settings": settings}
    starter, growth = tier_named("STARTER"), tier_named("GROWTH")
    filled = {"pair": "BTC/USD", "price": 60_000.0, "amount": 0.001}
    votes = [Vote("one", Family.TREND, pd.Series(0.5, index=index))]
    regime = pd.Series("ranging", index=index)
    unit = answers.fractions(index, "numbers")
    table: dict[str, tuple[Any, dict[str, Any]]] = {
        "nija_regime": (answers.regimes(index), market),
        "nija_votes": (answers.votes(index), market),
        "nija_score": (unit, {"votes": votes, "regime": regime, "settings": settings}),
        "nija_plan": (answers.plan(index), market),
        "nija_confidence": (answers.confidence(index), market | {"history": a_history(candles)}),
        "nija_veto": (answers.reason, money | {"request": a_saturday()}),
        "nija_stake": (answers.stake, money | {"tier": starter}),
        "nija_leverage": (answers.leverage, money | {"tier": starter}),
        "nija_run_started": (None, {"settings": settings}),
        "nija_equity": (None, {"account": an_account()}),
        "nija_tier_changed": (None, {"old": None, "new": growth, "account": an_account()}),
        "nija_entry_refused": (None, {"request": a_request(), "reasons": ("No.",)}),
        "nija_entry_filled": (None, filled | {"stake": 60.0}),
        "nija_exit_filled": (None, filled | {"profit": -1.5}),
    }
    return table[hook]


def a_history(candles: pd.DataFrame) -> History:
    return History(
        pairs=("BTC/USD",),
        ends=candles["date"].iloc[-1],
        fee=0.004,
        time_stop=timedelta(days=30),
        load=lambda pair, moment: without_plan(candles[candles["date"] < moment]),
    )


def a_saturday() -> Any:
    return a_request(time=datetime(2024, 5, 4, 12, tzinfo=UTC))


@pytest.mark.parametrize("hook", SPECS)
def test_the_example_serves_its_hook(hook: str, tmp_path: Path, candles: pd.DataFrame) -> None:
    (tmp_path / "mine.py").write_text(block(SECTIONS[hook], "python"))
    built = manager.build(Settings(), tmp_path)
    loaded = next(one for one in manager.describe(built) if one.name == "mine")
    assert hook in loaded.hooks
    check, given = asked(hook, candles)
    assert set(given) == {argument.arg for argument in SPECS[hook].args.args}
    answer = dict(Hooks(built).every(hook, check or (lambda said: said), **given))["mine"]
    assert not isinstance(answer, PluginFailure), answer
    assert (answer is None) == (check is None)


def test_the_rules_among_the_examples_do_as_they_say(tmp_path: Path) -> None:
    """Each example that remembers something and objects: silent before, heard after."""
    cases = [
        ("nija_run_started", "nija_entry_filled", {"pair": "BTC/USD"}, 3),
        ("nija_equity", "nija_equity", {"account": an_account(200.0, time=day(24))}, 1),
        ("nija_exit_filled", "nija_exit_filled", {"pair": "BTC/USD", "profit": -1.0}, 1),
    ]
    filled = {"price": 1.0, "amount": 1.0, "stake": 1.0, "profit": 0.0}
    asking = {"request": a_request(), "account": an_account(time=day(31)), "settings": None}
    for section, event, told, times in cases:
        (tmp_path / "mine.py").write_text(block(SECTIONS[section], "python"))
        hooks = Hooks(manager.build(Settings(), tmp_path))

        def objects(hooks: Hooks = hooks) -> bool:
            found = hooks.every("nija_veto", answers.reason, **(asking | {"settings": Settings()}))
            return dict(found)["mine"] is not None

        assert hooks.tell("nija_run_started", settings=Settings())  # the file is loaded once
        for _ in range(times):
            assert not objects()
            assert hooks.tell(event, **(filled | told))
        assert objects()
        assert hooks.tell("nija_run_started", settings=Settings())
        assert not objects()


def day(number: int) -> datetime:
    return datetime(2024, 5, number, 12, tzinfo=UTC)


def test_the_tier_of_ones_own_joins_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiers, "SCALING_TIERS", [*tiers.SCALING_TIERS])
    text = PAGE.read_text()
    (tmp_path / "whale.py").write_text(block(text[text.index("# Not a hook") :], "python"))
    manager.build(Settings(), tmp_path)
    manager.build(Settings(), tmp_path)
    found = tiers.tier_for(2_000, None, 0)
    assert found and (found.name, found.max_positions) == ("WHALE", 8)


@pytest.mark.parametrize("hook", SPECS)
def test_the_hook_has_a_test_of_its_own(hook: str) -> None:
    names = [
        node.name
        for path in TESTS.glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert [name for name in names if re.search(rf"_{hook}(_|$)", name)], (
        f"write test_{hook}_... in tests/unit/hooks/"
    )
