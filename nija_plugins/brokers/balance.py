"""What a broker's account holds, asked before its bot is started, and what people meet there."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import ccxt
from freqtrade.enums import MarginMode, RunMode
from freqtrade.exceptions import OperationalException
from freqtrade.resolvers import ExchangeResolver

from nija_plugins.brokers.credentials import NAMES
from nija_plugins.settings import Settings


class NoBalance(OperationalException):
    """The exchange did not tell; the message says why and what to do, without any key."""


def balance(config: Mapping[str, Any], settings: Settings) -> float:
    """The equity on the broker of `config`, in stake currency: all that the key sees of the stake
    currency and of what may be traded, at the present price. A dry-run's is its wallet.

    Raises NoBalance.
    """
    stake = config["stake_currency"]
    if config.get("dry_run", True):
        wallet = config.get("dry_run_wallet", 1000)
        return float(wallet.get(stake, 0) if isinstance(wallet, Mapping) else wallet)
    broker = config["exchange"]["name"]
    with _clear(broker), _silence():
        wanted = {**config, "runmode": RunMode.UTIL_EXCHANGE, "margin_mode": MarginMode.NONE}
        exchange = ExchangeResolver.load_exchange(wanted, validate=False)
        try:
            held = exchange.get_balances()
            total = float(held.get(stake, {}).get("total") or 0)
            for asset in settings.trade_only:
                amount = float(held.get(asset, {}).get("total") or 0)
                if amount:
                    total += amount * float(exchange.get_conversion_rate(asset, stake) or 0)
            return total
        finally:
            exchange.close()


@contextmanager
def _clear(broker: str) -> Iterator[None]:
    """One line for each thing that goes wrong with a key."""
    try:
        yield
    except Exception as error:
        causes = list(_causes(error))
        names = " and ".join(NAMES.get(broker, ("the key", "its secret")))

        def was(*kinds: type[BaseException]) -> bool:
            return any(isinstance(one, kinds) for one in causes)

        if was(ccxt.PermissionDenied):
            what = "the key may not look at the balance: give it the rights to view and to trade"
        elif was(ccxt.InvalidNonce):
            what = "this machine's clock is off, or another program uses the same key"
        elif was(ccxt.AuthenticationError):
            what = f"it does not accept the key: check {names}, and that the key is active"
        elif was(ccxt.NetworkError):
            what = "it cannot be reached: check the connection, or its status page"
        else:
            what = f"it did not tell the balance ({type(causes[-1]).__name__})"
        raise NoBalance(f"{broker}: {what}.") from None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@contextmanager
def _silence() -> Iterator[None]:
    """freqtrade says more than anybody asked for, some of it with the key."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
