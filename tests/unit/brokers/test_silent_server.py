"""A PostgreSQL that stops answering without a word: a network that is cut, a server that hangs."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from nija_plugins.brokers.database import PATIENT_SECONDS, ledger_url
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
