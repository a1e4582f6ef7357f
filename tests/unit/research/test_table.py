"""The page says what was measured, and loudly what nothing explains."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from nija_plugins.research.limits.case import NIJA, Case
from nija_plugins.research.limits.marking import Gap, Worst
from nija_plugins.research.limits.measured import Measured
from nija_plugins.research.limits.table import document

CASE = Case(7, "kraken", 100, NIJA, datetime(2022, 3, 1, tzinfo=UTC), datetime(2022, 3, 31))
GAP = Gap("SOL/USD", 473_352, 100.0, 95.0, 1.25)
GOOD = Measured(
    trades=3,
    final_balance=101.0,
    worst_day=0.03,
    drawdown=0.08,
    own_worst_day=0.03,
    own_drawdown=0.08,
    wallet_drawdown=0.09,
    restarts=0,
    gaps=1,
    halted=False,
    days=30,
    acted={"risk.tier": 2},
    over=(),
)


def page(measured: Measured) -> str:
    paused = replace(CASE, pause_days=7.0)
    return document([(CASE, measured), (paused, measured)], "nija limits", 30)


def over(missing: float) -> Measured:
    worst = Worst(0.07, 473_352, 473_350, missing, (GAP,))
    return replace(GOOD, worst_day=0.07, over=(("worst day", worst),))


def test_nothing_broken() -> None:
    assert "**In 2 of them both limits held." in page(GOOD)
    assert "None." in page(GOOD)
    assert "| risk.tier | 2 | 2 |" in page(GOOD)


def test_an_exception_is_listed_once_with_its_gap() -> None:
    told = page(over(1.0))
    assert told.count("SOL/USD 2024-01-01 00:00, 100.00 → 95.00, $1.25") == 1
    assert "NOT EXPLAINED" not in told


def test_what_no_gap_explains_is_loud() -> None:
    told = page(over(1.5))
    assert "2 times a limit was broken by more than gaps explain" in told
    assert "NOT EXPLAINED" in told


def test_a_measurement_survives_its_file(tmp_path: Path) -> None:
    file = tmp_path / "runs" / "one.json"
    assert Measured.load(file) is None
    over(1.0).save(file)
    assert Measured.load(file) == over(1.0)
    file.write_text(file.read_text()[:-9])
    assert Measured.load(file) is None
