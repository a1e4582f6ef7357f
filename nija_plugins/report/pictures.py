"""Pictures of a report, taken by a Chromium that is installed, through Playwright.

Chromium draws the page itself, so a picture is what a person sees; nothing is downloaded.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from playwright.sync_api import Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
DESKTOP, PHONE = (1120, 800), (390, 844)
"""Width and height in CSS pixels."""


Look = tuple[str, tuple[int, int], Literal["light", "dark"]]
LOOKS: tuple[Look, ...] = (
    ("report-light", DESKTOP, "light"),
    ("report-dark", DESKTOP, "dark"),
    ("report-phone", PHONE, "light"),
)


class NoBrowser(ValueError):
    """Playwright or Chromium is missing; the message says how to get it."""


def browser() -> str:
    """The path of an installed Chromium. Raises NoBrowser."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise NoBrowser(
            "Pictures need Chromium or Google Chrome: install one (Debian: apt install chromium)."
        )
    return found


@contextmanager
def opened(
    report: Path,
    size: tuple[int, int] = DESKTOP,
    scheme: Literal["light", "dark"] = "light",
    errors: list[str] | None = None,
) -> "Iterator[Page]":
    """`report` as a Playwright page of `size`, its network cut; what its console complains of is
    added to `errors`. Raises NoBrowser."""
    complaints = [] if errors is None else errors
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise NoBrowser("Pictures need Playwright: pip install -e '.[pictures]'") from None
    program = browser()
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not work for root, and the page is our own file.
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            context = chromium.new_context(
                viewport={"width": size[0], "height": size[1]},
                color_scheme=scheme,
                is_mobile=size[0] < 600,
                has_touch=size[0] < 600,
                offline=True,
            )
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on(
                "console",
                lambda said: complaints.append(said.text) if said.type == "error" else None,
            )
            page.goto(report.resolve().as_uri())
            yield page
        finally:
            chromium.close()


def take(report: Path, folder: Path) -> list[Path]:
    """PNGs of the whole page (desktop in light and dark, phone) and of each part, in `folder`.
    Raises NoBrowser."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, size, scheme in LOOKS:
        with opened(report, size, scheme) as page:
            page.evaluate("drawAll()")
            file = folder / f"{name}.png"
            page.screenshot(path=str(file), full_page=True)
            written.append(file)
            if name == "report-light":
                for part in page.query_selector_all("section"):
                    file = folder / f"{part.get_attribute('id')}.png"
                    part.screenshot(path=str(file))
                    written.append(file)
    return written
