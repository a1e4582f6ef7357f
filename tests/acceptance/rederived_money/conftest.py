"""One backtest a case, whose tests in all files follow each other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.backtests import ASSETS, Case, backtest, copy_candles
from tests.acceptance.candles import Candles, hour_of
from tests.acceptance.ledger import relive, trades_of
from tests.acceptance.money import BROKERS
from tests.acceptance.rederived_money.audit import QUICK, SLOW, Audit


def _parameter(case: Case, *marks: pytest.MarkDecorator) -> object:
    """One worker runs all tests of a case, so that its backtest runs once."""
    return pytest.param(case, id=str(case), marks=[pytest.mark.xdist_group(str(case)), *marks])


@pytest.fixture(scope="session")
def datadir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_candles(tmp_path_factory.mktemp("candles"))


@pytest.fixture(scope="session")
def candles(datadir: Path) -> dict[str, Candles]:
    return {f"{asset}/USD": Candles(datadir / f"{asset}_USD-1h.feather") for asset in ASSETS}


@pytest.fixture(
    scope="session",
    params=[*map(_parameter, QUICK), *(_parameter(case, pytest.mark.slow) for case in SLOW)],
)
def audit(
    request: pytest.FixtureRequest,
    datadir: Path,
    candles: dict[str, Candles],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Audit]:
    case: Case = request.param
    result = backtest(case, datadir, tmp_path_factory.mktemp(str(case)))
    hours = [hour_of(time) for time in result.equity.index]
    ledger = relive(
        trades_of(result.trades),
        candles,
        BROKERS[case.exchange],
        case.rules,
        case.balance,
        first=hours[0],
        last=hours[-1],
    )
    yield Audit(case, result, ledger)
