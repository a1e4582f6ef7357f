"""Nothing is entered on an account that cannot be valued."""

from nija_plugins import hookimpl
from nija_plugins.account import Account


@hookimpl
def nija_veto(account: Account) -> str | None:
    """The account's own problem, if it has one."""
    return account.problem
