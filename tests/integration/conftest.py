"""The simulated exchange that the real bots trade on, and a home for each of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nija_plugins.venue.app import build_app
from nija_plugins.venue.server import serve
from nija_plugins.venue.venue import Venue
from tests.integration.dask_processes import Cluster, cluster_in
from tests.integration.live import Home, Served, a_home
from tests.integration.painted_market import PaintedMarket


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """Both exchanges, public and private, over one painted market."""
    market = PaintedMarket()
    venue = Venue(market)
    with serve(build_app(venue), port=0) as url:
        yield url, market, venue


@pytest.fixture
def home(tmp_path: Path, served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    with a_home(tmp_path, *served, monkeypatch) as home:
        yield home


@pytest.fixture(params=["kraken", "coinbase"])
def exchange(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A Dask scheduler without workers yet."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with cluster_in(elsewhere) as cluster:
        yield cluster
