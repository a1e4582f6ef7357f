"""The report of a sweep."""

from pathlib import Path

import pytest

from nija_plugins.report.pictures import LOOKS, NoBrowser, opened
from nija_plugins.sweep.page import page, write
from nija_plugins.sweep.store import StoreError
from tests.unit.sweep.rows import a_case, a_row

ROWS = [
    a_row(
        a_case(name, window, start),
        0.01 * (window - 1) + 0.003 * start * (-1) ** number,
        drawdown=0.02 + 0.01 * window,
        halted=name == "x" and window == 3,
    )
    for number, name in enumerate(("x", "risk_per_trade 2, trails 1.2, targets 1.1", "<b>bold</b>"))
    for window in range(12)
    for start in (0, 7)
]


def test_every_cell_has_its_number_and_every_text_is_escaped() -> None:
    text = page(ROWS, len(ROWS), synthetic=False)
    assert "72 backtests from $100.00" in text
    assert "12 windows and 3 sets on kraken, 2023-01-01 to 2023-12-27 (UTC)" in text
    assert text.count('class="up" style="--share:') + text.count('class="down" style') == 2 * 39
    assert "&lt;b&gt;bold&lt;/b&gt;" in text and "<b>" not in text
    assert "+10.0%" in text and "used up" in text
    assert "Chosen in one window, tried in the next" in text
    assert "By start date" in text
    assert "http" not in text.replace("http-equiv", "")
    assert "Unfinished" not in text and "synthetic" not in text


def test_what_was_not_run_is_a_dash_and_said() -> None:
    text = page(ROWS[:-2], 80, synthetic=True)
    assert "Unfinished: 70 of 80 backtests." in text
    assert "<td>–</td>" in text
    assert "A synthetic market: it never existed" in text


def test_one_backtest_is_a_page_too() -> None:
    text = page(ROWS[:1], 1, synthetic=False)
    assert "1 backtest from" in text
    assert "Chosen in one window" not in text and "By start date" not in text


def test_nothing_happened_in_any() -> None:
    text = page([{**row, "total_return": 0.0, "drawdown": 0.0} for row in ROWS], 72, False)
    assert "nan" not in text.lower().replace("finan", "")


def test_it_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    file = write(ROWS, 72, tmp_path / "report.html", False)
    assert file.read_text().endswith("</html>")
    with pytest.raises(StoreError, match="Cannot write"):
        write(ROWS, 72, tmp_path / "nowhere" / "report.html", False)


@pytest.mark.parametrize(("name", "size", "scheme"), LOOKS, ids=[name for name, *_ in LOOKS])
def test_in_chromium_nothing_is_wider_than_the_screen(
    tmp_path: Path, name: str, size: tuple[int, int], scheme: str
) -> None:
    file = write(ROWS, 72, tmp_path / "report.html", False)
    errors: list[str] = []
    ink = "getComputedStyle(document.querySelector('.heatmap td.down')).color"
    try:
        with opened(file, size, scheme, errors) as shown:  # type: ignore[arg-type]
            assert shown.evaluate("document.documentElement.scrollWidth") == size[0]
            assert shown.evaluate("document.documentElement.dataset.theme") == scheme
            assert shown.locator(".heatmap").count() == 2
            before = shown.evaluate(ink)
            shown.click("#theme")
            assert shown.evaluate(ink) != before
    except NoBrowser as reason:
        pytest.skip(str(reason))
    assert errors == []
