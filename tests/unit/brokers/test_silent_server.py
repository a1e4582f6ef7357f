"""A PostgreSQL that stops answering without a word: a network that is cut, a server that hangs."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from nija_plugins.brokers import database
from nija_plugins.brokers.database import PATIENT_SECONDS, engine_of, ledger_url
from nija_plugins.brokers.ledger import Ledger, LedgerUnusable

pytestmark = pytest.mark.xdist_group("postgres")


class Wire:
    """Connections to `behind`; once `silent`, what is sent is taken and never delivered."""

    def __init__(self, behind: int) -> None:
        self.silent = False
        self._behind = behind
        self._ends: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for one in (self._listener, *self._ends):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._behind))
                self._ends += [near, far]
                for source, goal in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(source, goal), daemon=True).start()

    def _pass(self, source: socket.socket, goal: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                if not self.silent:
                    goal.sendall(data)


@pytest.fixture
def wire(server: str) -> Iterator[Wire]:
    found = Wire(make_url(server).port or 5432)
    yield found
    found.close()


def test_a_server_that_falls_silent_holds_nobody_up(
    server: str, wire: Wire, tmp_path: Path
) -> None:
    """No stop is watched while a bot waits for the ledger."""
    address = make_url(server).set(port=wire.port).render_as_string(hide_password=False)
    ledger = Ledger(ledger_url(address, tmp_path), "of a silent server")
    ledger.view()
    wire.silent = True
    failed = threading.Event()

    def ask() -> None:
        with contextlib.suppress(LedgerUnusable):
            ledger.view()
        failed.set()

    threading.Thread(target=ask, daemon=True).start()
    began = time.monotonic()
    assert failed.wait(3 * PATIENT_SECONDS), "it waits for ever"
    assert time.monotonic() - began < 2 * PATIENT_SECONDS
    wire.silent = False
    ledger.view()


def test_a_network_that_is_cut_while_a_bot_waits_is_noticed(server: str, tmp_path: Path) -> None:
    """What the system does then cannot be played on one machine; what it is asked can be seen."""
    with engine_of(ledger_url(server, tmp_path)).connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        with socket.socket(fileno=os.dup(driver.pgconn.socket)) as used:
            if used.family == socket.AF_UNIX:
                pytest.skip("this PostgreSQL is asked through a file, which no network cuts")
            told = (socket.TCP_USER_TIMEOUT, socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL)
            found = [used.getsockopt(socket.IPPROTO_TCP, one) for one in told]
    assert found == [PATIENT_SECONDS * 1000, PATIENT_SECONDS, 1]


def test_a_bot_that_is_cut_off_in_a_change_lets_the_others_in(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "IDLE_SECONDS", 1)
    address = ledger_url(server, tmp_path)
    other = Ledger(address, "of a bot that was cut off")
    other.view()
    with engine_of(address).connect() as cut_off:
        cut_off.execute(text("SELECT * FROM nija_portfolios FOR UPDATE"))
        other.view()  # or the lock would not be had within PATIENT_SECONDS, and it would raise
        cut_off.invalidate()
