"""One run: a bot start, a backtest, one hyperopt epoch. What must outlive it is in its `memory`,
which bots keep on disk and backtests forget."""

from nija_plugins.run.accounts import Accounts
from nija_plugins.run.base import STATE_FILE, state_file
from nija_plugins.run.entries import Entries
from nija_plugins.run.locking import Locking

__all__ = ["STATE_FILE", "Run", "state_file"]


class Run(Accounts, Locking, Entries):
    """One run's memory, over one set of plugins."""
