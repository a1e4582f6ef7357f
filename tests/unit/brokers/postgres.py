"""A PostgreSQL server of the test run's own, from the system's packages, or a reason to skip."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _programs() -> Path | None:
    """Debian keeps them outside of PATH."""
    found = shutil.which("initdb")
    known = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    return Path(found).resolve().parent if found else known[0].parent if known else None


def _user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid():
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    pytest.skip("PostgreSQL does not run as root, and there is no user postgres.")


@contextmanager
def a_postgres() -> Iterator[str]:
    """Its address. Skips where PostgreSQL is not installed (Debian: apt install postgresql)."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed.")
    user = _user()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Not in pytest's own folder, which another user may not enter.
    data = Path(tempfile.mkdtemp(prefix="nija-postgres-"))
    if user:
        shutil.chown(data, user)

    def run(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(programs / program), *arguments], user=user, cwd="/", capture_output=True,
            text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    run("initdb", "-D", str(data), "-U", "nija", "--auth=trust", "--no-sync")
    options = f"-p {port} -k '' -h 127.0.0.1 -c fsync=off"
    log = str(data / "log")
    run("pg_ctl", "-D", str(data), "-w", "-l", log, "-o", options, "start")
    try:
        yield f"postgresql://nija:word@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(data)
