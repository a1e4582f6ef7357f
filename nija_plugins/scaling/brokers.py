"""Scaling by what the brokers say the account holds."""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from nija_plugins.scaling.default import get_auto_scaling_engine
from nija_plugins.scaling.engine import AutoScalingEngine, Scaled
from nija_plugins.scaling.tiers import checked_equity

logger = logging.getLogger(__name__)


@dataclass
class _Total:
    """A sum in stake currency, and whose share of it is missing."""

    equity: float = 0.0
    missing: tuple[str, ...] = ()

    def add(self, name: str, ask: Callable[[], object]) -> None:
        """Adds what `ask` answers; whatever goes wrong there is `name`'s own."""
        try:
            self.equity += checked_equity(ask())
        except Exception as error:
            self.missing += (name,)
            logger.warning(
                "The balance of %s is unknown (%s: %s).",
                name,
                type(error).__name__,
                _without_secrets(str(error)),
            )


def integrate_with_broker_manager(manager: Any, engine: AutoScalingEngine | None = None) -> Scaled:
    """Scales by the total equity of `manager`; returns what `auto_scale` returns.

    `manager` has `get_total_balance()`, or `brokers` (a mapping of brokers with `get_balance()`),
    or is freqtrade's `Wallets`; amounts are in stake currency. When a part of the total is
    unknown, the tier stays: too small a sum proves nothing. `engine` None is the process-wide one.
    Raises TypeError for any other manager.
    """
    engine = engine or get_auto_scaling_engine()
    total = _Total()
    if callable(getattr(manager, "get_total_balance", None)):
        total.add("the broker manager", manager.get_total_balance)
    elif isinstance(getattr(manager, "brokers", None), Mapping):
        for name, broker in manager.brokers.items():
            total.add(str(name), partial(_balance, broker))
        if not manager.brokers:
            total.missing = ("every broker",)
    elif callable(getattr(manager, "get_all_balances", None)):
        _add_wallets(total, manager)
    else:
        raise TypeError(
            f"{type(manager).__name__} has no get_total_balance(), no mapping .brokers and no "
            "get_all_balances()."
        )
    if total.missing:
        logger.warning(
            "The total of $%.2f lacks %s: the tier stays as it is.",
            total.equity,
            ", ".join(total.missing),
        )
        tier = engine.current_tier
        name = tier.name if tier else None
        return False, name, name
    return engine.check_and_scale(total.equity)


def _balance(broker: Any) -> object:
    return broker.get_balance()


def _add_wallets(total: _Total, wallets: Any) -> None:
    """Every currency of freqtrade's `Wallets` at its present rate, before fees.

    The total of the stake currency includes what is locked in orders and in futures positions.
    """
    balances = wallets.get_all_balances()
    if not balances:
        total.missing = ("every wallet (none was fetched yet)",)
    for currency, wallet in balances.items():
        if currency == wallets._stake_currency:
            total.add(currency, partial(getattr, wallet, "total"))
        elif wallet.total and _has_market(wallets, currency):
            total.add(currency, partial(_value, wallets, currency, wallet.total))


def _value(wallets: Any, currency: str, amount: float) -> float:
    """`amount` of `currency` in stake currency."""
    rate = wallets._exchange.get_conversion_rate(currency, wallets._stake_currency)
    if rate is None:
        raise ValueError(f"no price in {wallets._stake_currency}")
    return amount * float(rate)


def _has_market(wallets: Any, currency: str) -> bool:
    """False for dust that this exchange cannot turn into the stake currency at all."""
    pairs = getattr(wallets._exchange, "get_valid_pair_combination", None)
    if pairs is None:
        return True
    try:
        return any(True for _ in pairs(currency, wallets._stake_currency))
    except ValueError:
        return False


def _without_secrets(message: str) -> str:
    """One short line; anything that looks like a key or a signature is struck out."""
    return re.sub(r"[\w+/=.-]{20,}", "***", " ".join(message.split()))[:120]
