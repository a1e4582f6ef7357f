"""The account's memory on disk: peak, day's opening, incidents, own holdings. Only read here."""

import os
from collections.abc import Iterator

from nija_plugins.doctor.context import Context
from nija_plugins.doctor.finding import Finding, failed, ok
from nija_plugins.memory import AccountStore, MemoryUnusable
from nija_plugins.memory.store import MEMORY_FILE, account_name

WITHOUT = "No entry is made without it."


def account_memory(context: Context) -> Iterator[Finding]:
    """Whole, writable, and this account's."""
    path = context.user_data / MEMORY_FILE
    if not path.exists():
        yield ok("none yet; the bot's first loop makes it")
        return
    if path.is_file() and not os.access(path, os.W_OK):
        yield failed(
            f"{path} cannot be written. {WITHOUT}",
            f"Give yourself the right to it: chmod u+rw {path}",
        )
        return
    name = account_name(context.config)
    try:
        memory = AccountStore(path, name).load() if path.stat().st_size else None
    except MemoryUnusable as error:
        why, _, remedy = str(error).rstrip(".").rpartition(". ")
        yield failed(f"{why}. {WITHOUT}", f"{remedy}.")
        return
    if memory is None or memory.benchmarks is None:
        yield ok(f"nothing yet of {name}; the loss limits start anew")
        return
    marks = memory.benchmarks
    yield ok(f"peak ${marks.peak:.2f}, opening of {marks.day} ${marks.day_open:.2f} ({name})")
