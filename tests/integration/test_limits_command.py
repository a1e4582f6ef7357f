"""`nija limits` as a user runs it."""

from pathlib import Path

import pytest

from tests.conftest import nija


def test_elsewhere_it_says_where_to_run_it(tmp_path: Path) -> None:
    result = nija(tmp_path, "limits")
    assert result.returncode == 2
    assert "repository's folder" in result.stderr


@pytest.mark.slow
def test_one_market_writes_the_page_and_keeps_what_it_measured(house: Path) -> None:
    options = ("limits", "--markets", "1", "--days", "7", "--write", "page.md")
    first = nija(house, *options)
    assert first.returncode == 0, first.stderr
    page = (house / "page.md").read_text()
    assert "## 1 synthetic markets of 7 days" in page
    assert len(list((house / ".nija/limits/runs").glob("*.json"))) >= 3
    assert not list((house / ".nija/limits").glob("at-*")), "scratch folders are left behind"
    assert nija(house, *options).returncode == 0
    assert (house / "page.md").read_text() == page
