"""The tier's memory on disk. It is read here, and never written, not even to try."""

import os
from collections.abc import Iterator
from pathlib import Path

from nija_plugins.brokers.watch import portfolio_name
from nija_plugins.doctor.context import Context
from nija_plugins.doctor.finding import Finding, failed, ok, warning
from nija_plugins.run import state_file as state_path
from nija_plugins.scaling.state import (
    DamagedStateError,
    FutureStateError,
    ScalingState,
    parse_state,
)

MEMORY = "the tier would live in memory only"


def state_file(context: Context) -> Iterator[Finding]:
    """Readable, whole, this account's, and in a place where it can be replaced."""
    path = state_path(context.config, context.settings)
    problems = list(_unwritable(path))
    yield from problems
    try:
        if not path.exists():
            if not problems:
                yield ok("none yet; the bot's first loop makes it")
            return
        if not path.is_file():
            kind = "a directory" if path.is_dir() else "no ordinary file"
            yield failed(f"{path} is {kind}: {MEMORY}.", "Move it away.")
            return
        state = parse_state(path.read_bytes())
    except OSError as error:
        yield failed(
            f"{path} cannot be read ({error.strerror}): {MEMORY}.",
            f"Give yourself the right to it: chmod u+rw {path}",
        )
    except FutureStateError as error:
        yield failed(
            f"{path} was written by a newer NIJA: {error}. The bot will not start.",
            "Update NIJA, or move the file away to start afresh.",
        )
    except DamagedStateError as error:
        yield warning(
            f"{path} is damaged ({error}).",
            "Nothing to do: the next start sets it aside under a dated name and begins afresh.",
        )
    else:
        yield from [] if problems else [_content(state, context)]


def _content(state: ScalingState, context: Context) -> Finding:
    """What a whole file says; whose it is, is written there as `Run.begin` does."""
    account = portfolio_name(context.config, context.settings)
    if state.current_tier and state.account not in (None, account):
        return warning(
            f"The tier {state.current_tier} is of the portfolio {state.account}; {account} will "
            "start without one and replace it.",
            "Give each portfolio its own user directory (--userdir) if both are in use.",
        )
    equity = "" if state.last_equity is None else f" at ${state.last_equity:.2f}"
    count = len(state.upgrade_history)
    changes = "1 change" if count == 1 else f"{count} changes"
    return ok(f"{state.current_tier or 'no tier'}{equity}, {changes} remembered")


def _unwritable(path: Path) -> Iterator[Finding]:
    """What would keep the bot from replacing the file: its folder decides, not its own mode."""
    folder = path.parent
    if not folder.exists():
        yield failed(
            f"{folder} does not exist.",
            "Run nija from the repository's folder, or make it: freqtrade create-userdir",
        )
        return
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        yield failed(
            f"{folder} cannot be written: {MEMORY}.",
            f"Give yourself the right to it: chmod u+rwx {folder}",
        )
    lock, temporary = (path.with_name(path.name + suffix) for suffix in (".lock", ".tmp"))
    if lock.exists() and not (lock.is_file() and os.access(lock, os.W_OK)):
        yield failed(f"{lock} cannot be locked: {MEMORY}.", "Delete it; the bot makes a new one.")
    if temporary.is_dir():
        yield failed(f"{temporary} is a directory: {MEMORY}.", "Move it away.")
