"""One freqtrade a broker under supervisor: restarted when it fails, ended together.

    python -m nija_plugins.brokers.supervision

is the listener that ends supervisor when no bot is left (told over its standard input).
"""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from configparser import RawConfigParser
from pathlib import Path
from shlex import join

from supervisor import childutils

CONFIG_FILE = "nija_trade.conf"
"""In user_data; it holds no secret."""

LISTENER = "nothing_left"
STEADY_SECONDS = 20
"""A bot that ends sooner has failed to start: the next attempt waits a second longer each time."""
ATTEMPTS = 240
"""For eight hours: an exchange may be in maintenance when a machine comes back, and nobody else
watches this bot's stops."""
LEAVE_SECONDS = 60
"""How long a bot has to end by itself: it may be in the middle of an order."""


def write_config(folder: Path, bots: Mapping[str, Sequence[str]]) -> Path:
    """supervisor's configuration for `bots` (name: command) in `folder`."""
    config = RawConfigParser()
    config["supervisord"] = {"nodaemon": "true", "logfile": "/dev/null", "logfile_maxbytes": "0"}
    config["supervisord"]["pidfile"] = _plain(str(folder.resolve() / "nija_trade.pid"))
    if not os.geteuid():
        config["supervisord"]["user"] = "root"  # or supervisor complains
    for name, command in bots.items():
        config[f"program:{name}"] = {
            "command": _plain(join(command)),
            # freqtrade ends with 0 when it was told to, or cannot use its configuration.
            "autorestart": "unexpected",
            "exitcodes": "0",
            "startsecs": str(STEADY_SECONDS),
            "startretries": str(ATTEMPTS),
            "stopsignal": "INT",
            "stopwaitsecs": str(LEAVE_SECONDS),
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": "/dev/fd/1",
            "stdout_logfile_maxbytes": "0",
        }
    config[f"eventlistener:{LISTENER}"] = {
        "command": _plain(join([sys.executable, "-m", __spec__.name, *bots])),
        "events": "PROCESS_STATE_EXITED,PROCESS_STATE_FATAL",
        "stderr_logfile": "/dev/fd/2",
        "stderr_logfile_maxbytes": "0",
    }
    path = folder / CONFIG_FILE
    with path.open("w") as file:
        config.write(file)
    return path


def command(config: Path) -> list[str]:
    """What starts supervisor in the foreground."""
    return [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(config)]


def listen(bots: Sequence[str]) -> None:
    """Ends supervisor when all `bots` have ended for good."""
    left = set(bots)
    while left:
        headers, payload = childutils.listener.wait()
        told = childutils.get_headers(payload)
        fatal = headers["eventname"] == "PROCESS_STATE_FATAL"
        if fatal or told.get("expected") == "1":
            left.discard(told["processname"])
        childutils.listener.ok()
    os.kill(os.getppid(), signal.SIGTERM)


def _plain(text: str) -> str:
    """supervisor replaces what follows a percent sign, and takes what follows a semicolon for a
    comment."""
    return text.replace("%", "%%")


if __name__ == "__main__":
    listen(sys.argv[1:])
