"""Several processes want the last positions, and are killed at any instant: never one too many, and
no reservation is left behind."""

import random
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nija_plugins.brokers.database import ledger_url
from nija_plugins.brokers.ledger import Ledger, LedgerUnusable
from nija_plugins.brokers.portfolio import UNCONFIRMED_FOR
from tests.conftest import ROOT

LIMIT = 4
BOTS = ("coinbase live", "kraken live", "third live", "fourth live")


class Contenders:
    """The processes, and everything they ever said."""

    def __init__(self, address: str, exchange: Path, rounds: int) -> None:
        self.address, self.exchange, self.rounds = address, exchange, rounds
        self.said: list[str] = []
        self.running: dict[str, subprocess.Popen[str]] = {}
        self.errors: list[str] = []
        self._readers: list[threading.Thread] = []
        self._seed = 0

    def start(self, account: str, rounds: int | None = None) -> None:
        self._seed += 1
        arguments = [self.address, account, str(self._seed), str(rounds or self.rounds)]
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.unit.brokers.contender", *arguments, str(LIMIT),
             str(self.exchange)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        reader = threading.Thread(target=self._read, args=(process,))
        reader.start()
        self._readers.append(reader)
        self.running[account] = process

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout and process.stderr
        for line in process.stdout:
            self.said.append(line.strip())
        errors = process.stderr.read()
        if process.wait() not in (0, -9):
            self.errors.append(errors)

    def kill(self, account: str) -> None:
        self.running.pop(account).kill()

    def wait(self) -> None:
        for process in self.running.values():
            process.wait(timeout=300)
        for reader in self._readers:
            reader.join(timeout=60)


def contended(address: str, folder: Path, wanted: int, every: int) -> Contenders:
    """Lets them contend until `wanted` reservations were asked for, and kills one of them after
    `every` so many; then every bot comes back once and sells all."""
    folder.mkdir()
    bots = Contenders(address, folder, rounds=100_000)
    try:
        _contend(bots, wanted, every)
    finally:
        for account in list(bots.running):
            bots.kill(account)
        bots.wait()
    return bots


def _contend(bots: Contenders, wanted: int, every: int) -> None:
    ledger = Ledger(ledger_url(bots.address, Path()), "live USD")
    for account in BOTS:
        bots.start(account)
    chance = random.Random(7)
    due = every
    while len(bots.said) < wanted:
        assert not bots.errors, bots.errors
        time.sleep(0.01)
        now = datetime.now(UTC)
        try:
            view = ledger.view()
        except LedgerUnusable as error:  # its turn did not come: nothing was seen, nothing is wrong
            assert "lock" in str(error)
            continue
        assert view.held(now) <= LIMIT
        assert len(list(bots.exchange.iterdir())) <= LIMIT
        if len(bots.said) >= due:
            account = chance.choice(BOTS)
            bots.kill(account)
            bots.start(account)
            due = len(bots.said) + every
    for account in list(bots.running):
        bots.kill(account)
    bots.wait()
    for account in BOTS:
        bots.start(account, rounds=1)
    bots.wait()
    assert not bots.errors, bots.errors
    left = ledger.view()
    assert len(left.members) == len(BOTS)
    assert not [one for one in left.reservations if one.confirmed]
    assert left.held(datetime.now(UTC) + UNCONFIRMED_FOR + timedelta(seconds=1)) == 0


def test_contended(address: str, tmp_path: Path) -> None:
    bots = contended(address, tmp_path / "exchange", wanted=60, every=10)
    assert {"reserved", "refused"} <= set(bots.said)


@pytest.mark.slow
def test_a_thousand_contended(address: str, tmp_path: Path) -> None:
    bots = contended(address, tmp_path / "exchange", wanted=1000, every=10)
    assert {"reserved", "refused"} <= set(bots.said)
