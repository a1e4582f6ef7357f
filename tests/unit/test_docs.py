"""The documentation's links lead somewhere, and its commands exist. Its code is run elsewhere:
the hooks' examples in test_hooks_are_documented.py, the tutorial in
tests/integration/test_tutorial.py."""

import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from nija_plugins.cli import COMMANDS, loaded
from tests.conftest import ROOT

PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "examples").glob("*/*.md")),
    ROOT / "user_data/plugins/README.md",
]
EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))

FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
OF_THE_GROUP = {"--help", "--install-completion", "--show-completion"}
PLACEHOLDERS = {"COMMAND"}
FREQTRADE = re.compile(
    "trade|backtesting|hyperopt|(download|list|plot|show|lookahead|recursive)-.+"
)


@cache
def anchors(page: Path) -> set[str]:
    """The headings of a page, as GitHub makes links of them."""
    prose = FENCE.sub("", page.read_text(encoding="utf-8"))
    found = set()
    for heading in re.findall(r"^#+ (.+)$", prose, re.MULTILINE):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        plain = re.sub(r"[^\w\- ]", "", shown.strip().lower())
        found.add(plain.replace(" ", "-"))
    return found


@EVERY_PAGE
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", page.read_text(encoding="utf-8"))):
        if target.startswith(("http", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        leads_to = (page.parent / path).resolve() if path else page
        assert leads_to.exists(), f"{page.name} links to {target}"
        assert leads_to.is_relative_to(ROOT), f"{page.name} links out of the repository: {target}"
        if anchor:
            assert anchor in anchors(leads_to), f"{page.name} links to {target}"


def code(page: Path) -> list[str]:
    """Every line of a block, and every span, that is set as code."""
    text = page.read_text(encoding="utf-8")
    blocks = [line for block in FENCE.findall(text) for line in block.splitlines()[1:-1]]
    return blocks + [" ".join(one.split()) for one in re.findall(r"`([^`]+)`", FENCE.sub("", text))]


def typed(line: str, program: str) -> list[str] | None:
    """The words after `program` in a line that begins with it, else None."""
    begun = re.match(rf"(?:\$ )?(?:[A-Z_]+=\S+ )*{program}(?: (.*))?$", line.strip())
    if begun is None:
        return None
    words = re.split(r" {3,}|\s#|;|\"?\$\(|…|\.\.\.| \| ", begun[1] or "")[0]
    try:
        return shlex.split(words)
    except ValueError:
        return words.split()


@cache
def command(name: str) -> Any:
    return loaded(name)


@EVERY_PAGE
def test_nija_s_commands_and_their_options_exist(page: Path) -> None:
    for line in code(page):
        words = typed(line, "nija")
        if not words or words[0] in PLACEHOLDERS:
            continue
        if words[0].startswith("-"):
            assert words[0] in OF_THE_GROUP, f"{page.name}: {line}"
            continue
        assert words[0] in COMMANDS, f"{page.name}: {line}"
        for option in options_in(words):
            assert option in known_to(words[0]), f"{page.name}: {line}"


def known_to(name: str) -> set[str]:
    """A command's options, both ways of a switch."""
    parameters = command(name).params
    return {one for each in parameters for one in (*each.opts, *each.secondary_opts)} | {"--help"}


def options_in(words: list[str]) -> list[str]:
    """The options among `words`; of `nija offline` those before freqtrade's command, of `nija
    hyperopt` those before freqtrade's options."""
    own = words[1:]
    freqtrade = {"offline": FREQTRADE, "hyperopt": re.compile("-[a-z]|--(strategy|epochs|spaces)")}
    if words[0] in freqtrade:
        mark = freqtrade[words[0]]
        its = [row for row, word in enumerate(own) if word == "..." or mark.fullmatch(word)]
        own = own[: its[0]] if its else own
    return [word.partition("=")[0] for word in own if word.startswith("-")]


@EVERY_PAGE
def test_candles_are_there_before_a_page_s_backtest_without_a_network(page: Path) -> None:
    """On a clean clone nothing is downloaded. Recorded candles are in a folder that is named."""
    if page.name == "commands.md":
        return
    fetched: set[str] = set()
    for line in code(page):
        words = typed(line, "nija") or []
        if words[:1] != ["offline"]:
            continue
        where = words[1:3] if words[1:2] == ["--exchange"] else []
        place = " ".join([*where, *re.findall(r"--datadir \S+", line)])
        if "download-data" in words:
            fetched.add(place)
        elif "backtesting" in words and "--strategy" in words:
            assert place in fetched or page.name == "results.md", f"{page.name}: {line}"


@EVERY_PAGE
def test_what_can_be_made_is_in_the_makefile(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for line in code(page):
        words = typed(line, "make")
        for word in words or ():
            if "=" not in word:
                assert word in targets, f"{page.name}: {line}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        targets = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
        waiting += [(page.parent / one).resolve() for one in targets if not one.startswith("http")]
    assert [str(page.relative_to(ROOT)) for page in PAGES if page not in seen] == []


def test_the_readme_shows_a_picture_within_one_screen() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert any("![" in line for line in lines[:15])
    assert len(lines) <= 150
