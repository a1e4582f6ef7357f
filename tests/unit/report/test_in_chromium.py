"""The page in headless Chromium, at the width of a desk and of a phone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from nija_plugins.report.html import page
from nija_plugins.report.pictures import DESKTOP, LOOKS, PHONE, NoBrowser, opened, take
from tests.unit.report.accounts import an_account

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


def test_only_what_is_near_is_drawn_at_first(report: Path) -> None:
    try:
        with opened(report, PHONE) as shown:
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


def test_pictures_of_the_page_and_of_its_parts(report: Path, tmp_path: Path) -> None:
    try:
        taken = {file.name for file in take(report, tmp_path / "png")}
    except NoBrowser as reason:
        pytest.skip(str(reason))
    assert {f"{name}.png" for name, *_ in LOOKS} | {"equity.png", "outlook.png"} <= taken
    assert all((tmp_path / "png" / name).stat().st_size > 5_000 for name in taken)
