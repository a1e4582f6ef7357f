"""Minimum balances gate the start; once started, the downgrade buffer applies to them too."""

from nija_plugins import hookimpl
from nija_plugins.account import Account
from nija_plugins.entry import EntryRequest
from nija_plugins.settings import Settings


def broker_minimum(exchange: str, settings: Settings) -> float:
    """The smallest equity to start with on `exchange` itself, in stake currency; 0 for none."""
    brokers = {
        "coinbase": settings.min_balance_coinbase,
        "kraken": settings.min_balance_kraken,
        "krakenfutures": settings.min_balance_kraken,
    }
    return brokers.get(exchange, 0.0)


def minimum_balance(exchange: str, settings: Settings) -> float:
    """The smallest equity to start with when `exchange` is the only broker, in stake currency."""
    return max(settings.min_balance_to_trade, broker_minimum(exchange, settings))


def shortfall(
    account: Account, exchange: str, started: bool, settings: Settings
) -> tuple[float, float] | None:
    """(equity, what is needed now) when the one is below the other, else None: the whole
    portfolio's, then this broker's own. A fee must not end trading that has begun."""
    slack = settings.downgrade_buffer / 100 if started else 0.0
    for equity, minimum in (
        (account.own_equity, broker_minimum(exchange, settings)),
        (account.equity, settings.min_balance_to_trade),
    ):
        if equity < minimum * (1 - slack):
            return equity, minimum * (1 - slack)
    return None


@hookimpl
def nija_veto(request: EntryRequest, account: Account, settings: Settings) -> str | None:
    """Refuses while equity is below the account's or the broker's minimum."""
    short = shortfall(account, request.exchange, account.started, settings)
    if short is None:
        return None
    equity, needed = short
    return f"Equity of ${equity:.2f} is below the ${needed:.2f} needed on {request.exchange}."
