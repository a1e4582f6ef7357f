"""Finished backtests on disk: none twice, none lost, none half."""

import errno
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nija_plugins.sweep.store import Store, StoreError
from tests.unit.sweep.rows import a_case, a_row

CASES = [a_case(name, window) for name in "abc" for window in range(3)]


@given(
    done=st.lists(st.sampled_from(range(len(CASES))), max_size=15),
    damaged=st.sets(st.sampled_from(range(len(CASES))), max_size=2),
)
def test_whatever_was_kept_before_each_case_is_there_once(
    done: list[int], damaged: set[int]
) -> None:
    """Kept once or more often, in any order, some of it damaged since: a second run runs exactly
    what is missing, and the table has every case once, in order."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for which in done:
            Store(folder).keep(CASES[which], a_row(CASES[which], which / 100))
        for which in damaged & set(done):
            (folder / "finished" / f"{CASES[which].key}.json").write_text('{"key": ')
        store = Store(folder)
        found = {case.key: store.find(case) for case in CASES}
        missing = [case for case in CASES if found[case.key] is None]
        assert {case.key for case in CASES} - {case.key for case in missing} == {
            CASES[which].key for which in set(done) - damaged
        }
        assert len(store.damaged) == len(damaged & set(done))
        for case in missing:
            store.keep(case, a_row(case, CASES.index(case) / 100))
        rows = [row for case in CASES if (row := store.find(case))]
        table = pd.read_parquet(store.write(rows))
        assert table["key"].to_list() == [case.key for case in CASES]
        assert table["total_return"].to_list() == [n / 100 for n in range(len(CASES))]
        assert not list(folder.rglob("*.part"))


def test_what_comes_back_is_what_was_kept(tmp_path: Path) -> None:
    case, store = a_case(), Store(tmp_path)
    row = a_row(case, profit_factor=1.7, halted=True, tier=None)
    store.keep(case, row)
    assert store.find(case) == row
    table = pd.read_parquet(store.write([row]))
    assert table.iloc[0]["profit_factor"] == 1.7
    assert bool(table.iloc[0]["halted"])
    assert str(table["trades"].dtype) == "int64"


def test_a_renamed_set_is_found_under_its_new_name(tmp_path: Path) -> None:
    store = Store(tmp_path)
    case = a_case()
    store.keep(case, {**a_row(case), "set": "its old name"})
    found = store.find(case)
    assert found is not None and found["set"] == "a"


def test_an_empty_sweep_has_an_empty_table(tmp_path: Path) -> None:
    table = pd.read_parquet(Store(tmp_path).write([]))
    assert len(table) == 0 and "total_return" in table


def test_a_full_disk_is_told_and_leaves_nothing_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, case = Store(tmp_path), a_case()
    store.write([a_row(case)])

    def full(self: Path, *_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StoreError, match=rf"{case.key}.json: No space left on device"):
        store.keep(case, a_row(case))
    with pytest.raises(StoreError, match=r"results.parquet: No space left on device"):
        store.write([])
    assert store.find(case) is None
    assert len(pd.read_parquet(store.results)) == 1
    assert not list(tmp_path.rglob("*.part"))


def test_a_folder_that_cannot_be_made_and_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="Cannot make"):
        Store(tmp_path / "file")
    store, case = Store(tmp_path), a_case()
    (tmp_path / "finished" / f"{case.key}.json").mkdir()
    with pytest.raises(StoreError, match="Cannot read"):
        store.find(case)
