"""The ledger's two kinds of database."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nija_plugins.brokers.database import ledger_url
from nija_plugins.brokers.ledger import Ledger
from tests.unit.brokers.postgres import a_postgres

ADDRESSES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgres")))


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with a_postgres() as url:
        yield url


@pytest.fixture(params=ADDRESSES)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A `portfolio_url` of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'portfolio.sqlite'}"
    found: str = request.getfixturevalue("server")
    return found


@pytest.fixture
def open_ledger(address: str, request: pytest.FixtureRequest) -> Callable[..., Ledger]:
    """The ledger of a portfolio of this test's own; called again, as another bot sees it."""
    return lambda name=request.node.name[:80]: Ledger(ledger_url(address, Path()), name)
