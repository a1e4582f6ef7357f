"""A storm of faults, wrong clocks and kills breaks no invariant: see `storm`."""

from collections.abc import Callable

import pytest

from tests.integration.live import Home
from tests.integration.person import BRINGS, SELLS, TAKES
from tests.integration.storm import storm, storms

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")


def test_a_short_storm(home: Home, exchange: str) -> None:
    found = storm(home, exchange, seed=5, hours=8)
    assert found.broken == []
    assert sum(found.faults.values()) > 10
    assert found.kills > 0
    assert found.entries > 0


@pytest.mark.slow
def test_a_thousand_faults_and_a_hundred_kills(
    exchange: str, record_property: Callable[[str, object], None]
) -> None:
    """Half of them on each exchange; `python -m tests.integration.storm` prints what happened."""
    whole = storms(exchange, range(2, 17))
    record_property("storm", str(whole))
    assert whole.broken == []
    assert sum(whole.faults.values()) - whole.kills > 500
    assert whole.kills > 50
    assert whole.judged > 10


@pytest.mark.slow
def test_a_person_who_trades_and_moves_money_meanwhile(exchange: str) -> None:
    """Sells the bot's positions by hand, brings money and takes some away."""
    whole = storms(exchange, range(2, 10), meddled=True)
    assert whole.broken == []
    assert min(whole.faults[done] for done in (BRINGS, TAKES, SELLS)) > 2
