"""The simulated exchange that the real bots trade on, and a home for each of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nija_plugins.venue.app import build_app
from nija_plugins.venue.server import serve
from tests.integration.live import Home, PaintedMarket, a_home


@pytest.fixture(scope="module")
def venue() -> Iterator[tuple[str, PaintedMarket]]:
    market = PaintedMarket()
    with serve(build_app(market), port=0) as url:
        yield url, market


@pytest.fixture
def home(
    tmp_path: Path, venue: tuple[str, PaintedMarket], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Home]:
    with a_home(tmp_path, *venue, monkeypatch) as home:
        yield home
