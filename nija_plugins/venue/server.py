"""The simulated exchange as a server on loopback, for as long as a `with` block lasts."""

import errno
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from nija_plugins.venue.address import DEFAULT_PORT, HOST


class VenueError(RuntimeError):
    """The simulated exchange cannot start; the message says what to do."""


@contextmanager
def serve(app: FastAPI, port: int = DEFAULT_PORT, timeout: float = 15.0) -> Iterator[str]:
    """Serve `app` on 127.0.0.1 and yield its base URL, such as `http://127.0.0.1:18650`.

    Port 0 takes any free one. Raises VenueError when the port is busy, or when the server does not
    answer within `timeout` seconds.
    """
    listener = _listen(port)
    config = uvicorn.Config(
        app, log_config=None, log_level="warning", access_log=False, lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="nija-venue", daemon=True
    )
    thread.start()
    try:
        deadline = time.monotonic() + timeout
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise VenueError("The simulated exchange did not start.")
            time.sleep(0.01)
        yield f"http://{HOST}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        # freqtrade is gone by now; a connection left open must not hold up the end.
        server.force_exit = True
        thread.join(timeout=5)
        listener.close()


def _listen(port: int) -> socket.socket:
    """A bound socket; binding here, not in uvicorn, tells a busy port before anything starts."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise VenueError(
                f"Port {port} on {HOST} is in use, perhaps by another `nija offline`. "
                f"Choose another one with --port {port + 1}."
            ) from None
        raise VenueError(f"Cannot listen on {HOST}:{port}: {error.strerror}.") from None
    return listener
