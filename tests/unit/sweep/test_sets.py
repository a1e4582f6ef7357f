"""--set and files of named sets."""

from pathlib import Path

import pytest
from freqtrade.exceptions import OperationalException

from nija_plugins.sweep.cases import ParameterSet
from nija_plugins.sweep.sets import CONFIGURED, sets, strategy_parameters
from tests.conftest import ROOT

OWN = strategy_parameters(ROOT / "user_data/strategies/NijaMicro.py", "NijaMicro")


def read(*options: str, file: Path | None = None) -> tuple[ParameterSet, ...]:
    return sets(options, file, {}, OWN)


def test_without_any_the_configuration_is_the_only_set() -> None:
    assert read() == (ParameterSet(CONFIGURED),)


def test_every_combination_and_a_name_that_tells_them_apart() -> None:
    found = read("ai_trade_filter=false", "risk_per_trade=2,2.5", "trails=1,1.2")
    assert [one.name for one in found] == [
        "risk_per_trade 2, trails 1",
        "risk_per_trade 2, trails 1.2",
        "risk_per_trade 2.5, trails 1",
        "risk_per_trade 2.5, trails 1.2",
    ]
    assert found[1].nija == (("ai_trade_filter", False), ("risk_per_trade", 2))
    assert found[1].strategy == (("sell.trails", 1.2),)


def test_values_are_of_the_settings_types() -> None:
    (found,) = read("trade_only=BTC", "drawdown_pause_days=null", "position_sizer=KELLY")
    assert dict(found.nija) == {
        "trade_only": ("BTC",),
        "drawdown_pause_days": None,
        "position_sizer": "KELLY",
    }


@pytest.mark.parametrize("ending", ["toml", "json"])
def test_named_sets_from_a_file_times_the_options(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"sets.{ending}"
    text = {
        "toml": '[careful]\nrisk_per_trade = 2\ntrade_only = ["BTC", "ETH"]\n'
        "[bold]\ntrails = 1.5\n",
        "json": '{"careful": {"risk_per_trade": 2, "trade_only": ["BTC", "ETH"]},'
        ' "bold": {"trails": 1.5}}',
    }
    file.write_text(text[ending])
    found = read("max_positions=1,2", file=file)
    assert [one.name for one in found] == [
        *("careful, max_positions 1", "careful, max_positions 2"),
        *("bold, max_positions 1", "bold, max_positions 2"),
    ]
    assert dict(found[0].nija)["trade_only"] == ("BTC", "ETH")
    assert found[2].strategy == (("sell.trails", 1.5),)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("risk_per_trad=2", 'risk_per_trad.* did you mean "risk_per_trade"'),
        ("trial=2", 'did you mean "trails"'),
        ("risk_per_trade", "say name=value"),
        ("risk_per_trade=", "say name=value"),
        ("risk_per_trade=9", r'"nija.risk_per_trade".*less than or equal to 5.*9'),
        ("risk_per_trade=2,much", r'"nija.risk_per_trade".*much'),
        ("risk_per_trade=2,2", "has a value twice"),
        ("trails=9", "trails 9: say a number from 0.6 to 1.6"),
        ("trails=wide", "trails 'wide': say a number"),
        ("kelly_weight=0.9", "must sum to 1"),
        ("portfolio_url=postgresql://x:secret@y/z", "portfolio_url decides nothing"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(option: str, words: str) -> None:
    with pytest.raises((ValueError, OperationalException), match=words) as caught:
        read(option)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_one_name_in_two_options_or_in_both_places(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="given twice"):
        read("trails=1", "trails=2")
    file = tmp_path / "sets.toml"
    file.write_text("[a]\ntrails = 1\n")
    with pytest.raises(ValueError, match="trails is in a set of the file and in --set"):
        read("trails=1.2", file=file)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no sets"),
        ("trails = 1", "'trails' is no set"),
        ("[a", "cannot be read"),
        ("[a]\ntrials = 1", 'did you mean "trails"'),
        ("[a]\nrisk_per_trade = true", r'"nija.risk_per_trade"'),
        ('[a]\ntrails = "1"', "say a number"),
        ("[a]\ntrails = true", "say a number"),
    ],
)
def test_what_is_wrong_in_a_file(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "sets.toml"
    file.write_text(text)
    with pytest.raises((ValueError, OperationalException), match=words) as caught:
        read(file=file)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_strategy(tmp_path: Path) -> None:
    broken = tmp_path / "NijaMicro.py"
    broken.write_text("x = ")
    with pytest.raises(ValueError, match="holds no strategy NijaMicro"):
        strategy_parameters(broken, "NijaMicro")
    with pytest.raises(ValueError, match="holds no strategy NijaMicro"):
        strategy_parameters(tmp_path / "nowhere.py", "NijaMicro")
