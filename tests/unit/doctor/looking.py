"""What the doctor looks at, and how a test asks it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nija_plugins.doctor import Finding, Level
from nija_plugins.doctor.network import NoAnswer

NOW = datetime(2026, 11, 22, 14, 0, 0, 500_000, tzinfo=UTC)
KEY, SECRET = "AKIA-fake-key-0123", "-----BEGIN EC KEY-----\nfakeline1234\n-----END EC KEY-----\n"

CONFIG: dict[str, Any] = {
    "dry_run": True,
    "dry_run_wallet": 100,
    "stake_currency": "USD",
    "exchange": {"name": "coinbase", "pair_whitelist": ["BTC/USD"]},
    "nija": {},
}


def told(moment: datetime = NOW) -> Callable[[Mapping[str, Any]], datetime]:
    """An exchange that says `moment`, in whole seconds as exchanges do."""
    return lambda _exchange: moment.replace(microsecond=0)


def silent(offline: bool = True) -> Callable[[Mapping[str, Any]], datetime]:
    def ask(_exchange: Mapping[str, Any]) -> datetime:
        raise NoAnswer("NetworkError: nobody there", offline=offline)

    return ask


Look = Callable[..., list[Finding]]


def only(findings: list[Finding], level: Level) -> str:
    """The one finding, of this level, with its advice."""
    (finding,) = findings
    assert finding.level is level, finding
    assert finding.text
    assert bool(finding.advice) is (level is not Level.OK)
    return f"{finding.text} {finding.advice}"


def changed(house: Path, before: str, after: str) -> None:
    file = house / "config.micro_capital.json"
    assert before in file.read_text()
    file.write_text(file.read_text().replace(before, after))
