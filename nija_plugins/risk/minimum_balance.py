"""Minimum balances gate the start; once started, the downgrade buffer applies to them too."""

from nija_plugins import hookimpl
from nija_plugins.account import Account
from nija_plugins.entry import EntryRequest
from nija_plugins.settings import Settings


def minimum_balance(exchange: str, settings: Settings) -> float:
    """The smallest equity to start with on `exchange`, in stake currency."""
    brokers = {
        "coinbase": settings.min_balance_coinbase,
        "kraken": settings.min_balance_kraken,
        "krakenfutures": settings.min_balance_kraken,
    }
    return max(settings.min_balance_to_trade, brokers.get(exchange, 0.0))


def balance_needed(exchange: str, started: bool, settings: Settings) -> float:
    """The equity needed now: a fee must not end trading that has begun."""
    slack = settings.downgrade_buffer / 100 if started else 0.0
    return minimum_balance(exchange, settings) * (1 - slack)


@hookimpl
def nija_veto(request: EntryRequest, account: Account, settings: Settings) -> str | None:
    """Refuses while equity is below the account's or the broker's minimum."""
    needed = balance_needed(request.exchange, account.started, settings)
    if account.equity < needed:
        return (
            f"Equity of ${account.equity:.2f} is below the ${needed:.2f} "
            f"needed on {request.exchange}."
        )
    return None
