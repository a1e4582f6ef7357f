"""A kept backtest is found again for the same case on the same basis, and for no other."""

from pathlib import Path

import pytest

from nija_plugins.research.study import grid
from nija_plugins.research.study.case import Case
from nija_plugins.research.study.engine import NoRecordedCandles, copy_candles
from nija_plugins.research.study.store import Store, basis_of
from tests.conftest import ROOT

CASE = Case("kraken", "20210101-20230101")


def test_found_for_the_same_case_and_basis_only(tmp_path: Path) -> None:
    store = Store(tmp_path, "one basis")
    assert store.find(CASE) is None
    store.keep(CASE, {"final": 99.0})
    assert Store(tmp_path, "one basis").find(CASE) == {"final": 99.0}
    assert Store(tmp_path, "another").find(CASE) is None
    assert store.find(Case("coinbase", CASE.timerange)) is None


def test_a_half_written_file_is_no_result(tmp_path: Path) -> None:
    store = Store(tmp_path, "basis")
    store.keep(CASE, {"final": 99.0})
    (file,) = tmp_path.glob("*.json")
    file.write_text(file.read_text()[:5])
    assert store.find(CASE) is None


def test_the_basis_hangs_on_candles(tmp_path: Path) -> None:
    before = basis_of(ROOT, tmp_path)
    assert basis_of(ROOT, tmp_path) == before
    (tmp_path / "BTC_USD-1h.feather").write_bytes(b"candles")
    assert basis_of(ROOT, tmp_path) != before


def test_missing_candles_are_named(tmp_path: Path) -> None:
    with pytest.raises(NoRecordedCandles, match=r"BTC_USDT-1h\.feather is missing"):
        copy_candles(tmp_path, tmp_path / "copy")


def test_every_case_is_run_once_and_the_filter_s_row_waits_for_a_filter() -> None:
    cases = grid.all_cases(ROOT, with_filter=False)
    assert len(cases) == len(set(cases))
    more = set(grid.all_cases(ROOT, with_filter=True)) - set(cases)
    assert {dict(case.nija)["ai_trade_filter"] for case in more} == {False}
