"""`make bench` begins: what it measures is named as the package names it today."""

from importlib import import_module

import httpx
import pytest

from nija_plugins.venue.app import build_app
from nija_plugins.venue.market.candles import SyntheticCandles
from nija_plugins.venue.server import serve
from nija_plugins.venue.venue import Venue
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


def test_more_pairs_are_listed_where_a_bench_wants_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """freqtrade drops a pair that is not, with a warning that a bench does not show."""
    monkeypatch.syspath_prepend(str(ROOT))
    market = import_module("bench.market")
    source = market.Copies(SyntheticCandles(), 50)
    with market.listed(source.assets), serve(build_app(Venue(source)), port=0) as url:
        assert len(httpx.get(f"{url}/0/public/AssetPairs").json()["result"]) == 50
