"""`make bench` begins: what it measures is named as the package names it today."""

from importlib import import_module

import pytest

from tests.conftest import ROOT

PARTS = [one.stem for one in (ROOT / "bench").glob("*.py") if not one.stem.startswith("__")]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_finds_what_it_measures(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    assert import_module(f"bench.{part}").__doc__


def test_the_rules_are_timed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    rules = import_module("bench.rules")
    monkeypatch.setattr(rules, "BATCHES", 1)
    monkeypatch.setattr(rules, "CANDLES", 3)
    monkeypatch.setattr(rules.logging, "disable", lambda _: None)
    rules.main()
    assert "all rules together" in capsys.readouterr().out
