"""The page in headless Chromium, at the width of a desk and of a phone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nija_plugins.report.html import page
from nija_plugins.report.pictures import DESKTOP, LOOKS, PHONE, NoBrowser, opened, take
from nija_plugins.venue.market.files import write_synthetic_candles
from tests.unit.report.accounts import START, an_account, some_trades

PARTS = ("equity", "drawdown", "days", "trades", "refusals", "stakes", "calibration", "outlook")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(page(an_account()), encoding="utf-8")
    return file


@contextmanager
def seen(report: Path, size: tuple[int, int] = DESKTOP, scheme: Any = "light") -> Iterator[Any]:
    """The page with every chart drawn and no complaint of the console's."""
    errors: list[str] = []
    try:
        with opened(report, size, scheme, errors) as shown:
            shown.evaluate("drawAll()")
            yield shown
    except NoBrowser as reason:
        pytest.skip(str(reason))
    assert errors == []


@pytest.mark.parametrize(("name", "size", "scheme"), LOOKS, ids=[name for name, *_ in LOOKS])
def test_everything_is_drawn_and_nothing_wider_than_the_screen(
    report: Path, name: str, size: tuple[int, int], scheme: str
) -> None:
    with seen(report, size, scheme) as shown:
        for part in PARTS:
            assert shown.locator(f"#chart-{part} svg.main-svg").first.is_visible(), part
        assert shown.locator("#chart-trade svg.main-svg").first.is_visible()
        assert shown.locator(".numbers > div").count() == 5
        assert shown.evaluate("document.documentElement.scrollWidth") == size[0]
        assert shown.evaluate("document.documentElement.dataset.theme") == scheme


def test_all_is_drawn_soon_though_nobody_scrolls(report: Path) -> None:
    errors: list[str] = []
    try:
        with opened(report, DESKTOP, "light", errors) as shown:
            for _ in range(150):  # the page forbids what wait_for_function needs
                shown.wait_for_timeout(100)
                if all_drawn := shown.evaluate("drawn.size === charts.length"):
                    break
            assert all_drawn
    except NoBrowser as reason:
        pytest.skip(str(reason))
    assert errors == []


NAMES_IN_CHART = """() => {
  const chart = document.querySelector('#chart-equity .nsewdrag').getBoundingClientRect();
  return [...document.querySelectorAll('#chart-equity .textpoint text')].map((one) => {
    const box = one.getBoundingClientRect();
    return [one.textContent, box.left >= chart.left && box.right <= chart.right
      && box.top >= chart.top && box.bottom <= chart.bottom];
  });
}"""


@pytest.mark.parametrize("width", [1280, 390])
def test_a_change_of_tier_at_the_edge_has_its_whole_name_in_the_chart(
    tmp_path: Path, width: int
) -> None:
    """On the first day, on the last one, and at the highest equity."""
    account = an_account()
    first, last = account.days.index[0], account.end
    top = float(account.days["high"].max())
    told = [
        (first, None, "STARTER", 240.0),
        (first + pd.Timedelta(hours=4), "STARTER", "GROWTH", 251.0),
        (account.days["high"].idxmax(), "GROWTH", "ADVANCED", top),
        (last, "ADVANCED", "GROWTH", account.final),
    ]
    changes = tuple(
        {"time": time.isoformat(), "from_tier": old, "to_tier": new, "equity": equity}
        for time, old, new, equity in told
    )
    file = tmp_path / "edges.html"
    file.write_text(page(replace(account, tier_changes=changes)), encoding="utf-8")
    with seen(file, (width, 800)) as shown:
        names = shown.evaluate(NAMES_IN_CHART)
    assert names == [["GROWTH", True], ["ADVANCED", True], ["GROWTH", True]]


def test_only_what_is_near_is_drawn_at_first(report: Path) -> None:
    try:
        with opened(report, PHONE) as shown:
            shown.add_init_script("window.requestIdleCallback = () => 0")  # a browser never idle
            shown.reload()
            shown.wait_for_selector("#chart-equity svg.main-svg")
            assert shown.locator("#chart-outlook svg").count() == 0
            shown.locator("#outlook").scroll_into_view_if_needed()
            shown.wait_for_selector("#chart-outlook svg.main-svg")
    except NoBrowser as reason:
        pytest.skip(str(reason))


def test_the_button_turns_the_page_and_its_charts_dark(report: Path) -> None:
    text = "getComputedStyle(document.querySelector('#chart-equity .ytick text')).fill"
    with seen(report) as shown:
        paper = shown.evaluate("getComputedStyle(document.body).backgroundColor")
        light = shown.evaluate(text)
        shown.click("#theme")
        shown.wait_for_function(f"({text}) !== {light!r}")
        assert shown.evaluate("getComputedStyle(document.body).backgroundColor") != paper


def test_trades_are_gone_through_one_by_one(report: Path) -> None:
    title = "document.getElementById('trade-title').textContent"
    with seen(report) as shown:
        last = shown.evaluate(title)
        assert shown.is_disabled("#later")
        shown.click("#earlier")
        assert shown.evaluate(title) != last
        shown.click("#later")
        assert shown.evaluate(title) == last


HOURS_OVERLAP = """() => {
  const boxes = [...document.querySelectorAll('#chart-trade .xtick text')]
    .map((one) => one.getBoundingClientRect()).sort((a, b) => a.left - b.left);
  return boxes.some((one, row) => row > 0 && one.left < boxes[row - 1].right + 2);
}"""


def test_the_hours_below_a_trade_have_room_on_a_phone(tmp_path: Path) -> None:
    """Trades of one to three days: an hour or a few between marks, and a date below some."""
    trades = some_trades(24)
    lengths = pd.to_timedelta([6 + 3 * row for row in range(len(trades))], unit="h")
    file = tmp_path / "short.html"
    candles = tmp_path / "candles"
    write_synthetic_candles(candles, START, START + pd.Timedelta(days=640), timeframes=("1h",))
    short = an_account(trades.assign(closed=trades["opened"] + lengths), candles=candles)
    file.write_text(page(short), encoding="utf-8")
    with seen(file, PHONE) as shown:
        crowded = []
        for row in range(len(trades)):
            shown.evaluate(f"showTrade({row})")
            if shown.evaluate(HOURS_OVERLAP):
                crowded.append(shown.evaluate("document.getElementById('trade-when').textContent"))
    assert crowded == []


def test_pictures_of_the_page_and_of_its_parts(report: Path, tmp_path: Path) -> None:
    try:
        taken = {file.name for file in take(report, tmp_path / "png")}
    except NoBrowser as reason:
        pytest.skip(str(reason))
    assert {f"{name}.png" for name, *_ in LOOKS} | {"equity.png", "outlook.png"} <= taken
    assert all((tmp_path / "png" / name).stat().st_size > 5_000 for name in taken)
