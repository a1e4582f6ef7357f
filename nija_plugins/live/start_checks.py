"""What a bot looks at before it trades: whose trades its database holds, what its key may do, this
machine's clock, free disk."""

import logging
import os
from collections.abc import Mapping
from typing import Any

from freqtrade.enums import TradingMode
from freqtrade.exceptions import OperationalException
from freqtrade.persistence import Trade

from nija_plugins.doctor.context import Context
from nija_plugins.doctor.examination import CHECKS, examine
from nija_plugins.doctor.finding import Level

logger = logging.getLogger(__name__)

LOOKED_AT = ("clock", "disk")
"""Of `nija doctor`'s checks; what they find is said, and stops nothing."""

LIVE = "LIVE: orders are sent to %s, with real money."
DRY = "DRY-RUN: play money; no order is sent to %s."
PLAYED = "dry_run_"
"""How freqtrade begins the id of an order that it did not send."""


NO_LIVE_FUTURES = (
    "NIJA does not trade futures live yet: it cannot compare a futures account with its trades. "
    "Set dry_run to true, or leave out config.futures.json."
)


def look(config: Mapping[str, Any], exchange: Any, live: bool) -> None:
    """Says what it finds in the log. `exchange` is freqtrade's.

    Raises OperationalException when a live bot's key may withdraw, for live futures, and when the
    database has open trades of another exchange, or of play money where this one's is real.
    """
    if live and config.get("trading_mode") == TradingMode.FUTURES:
        raise OperationalException(NO_LIVE_FUTURES)
    logger.info(LIVE if live else DRY, exchange.name)
    _refuse_another_brokers_trades(exchange)
    _refuse_the_other_moneys_trades(live)
    if live:
        _refuse_a_key_that_withdraws(exchange)
    context = Context(load=lambda: dict(config), environ=os.environ)
    for found in examine(context, {name: CHECKS[name] for name in LOOKED_AT}):
        if found.level is not Level.OK:
            logger.warning("%s: %s %s", found.check, found.text, found.advice)


def _refuse_another_brokers_trades(exchange: Any) -> None:
    """freqtrade would take them for its own, and sell on one exchange what lies on the other."""
    others = {one.exchange for one in Trade.get_trades_proxy(is_open=True)} - {exchange.id}
    if others:
        raise OperationalException(
            f"This database has open trades of {', '.join(sorted(others))}, and this bot trades on "
            f"{exchange.id}. Give each broker its own: --db-url "
            f"sqlite:///tradesv3.{exchange.id}.sqlite"
        )


def _refuse_the_other_moneys_trades(live: bool) -> None:
    """A live bot would sell your own coins to close a dry-run's trades; a dry-run would close real
    ones in the database, and nobody watches their stops."""
    for trade in Trade.get_trades_proxy(is_open=True):
        played = {one.order_id.startswith(PLAYED) for one in trade.orders}
        if live in played:
            whose, of_this = ("a dry-run's", "live") if live else ("a live bot's", "a dry-run")
            raise OperationalException(
                f"This database has open trades that are {whose}, {trade.pair} among them, and "
                f"this bot is {of_this}. Give each its own --db-url (freqtrade's are "
                "sqlite:///tradesv3.dryrun.sqlite and sqlite:///tradesv3.sqlite)."
            )


def _refuse_a_key_that_withdraws(exchange: Any) -> None:
    try:
        may = may_withdraw(exchange)
    except Exception as error:
        logger.warning(
            "%s did not say whether the API key may withdraw (%s). See to it that it may not.",
            exchange.name,
            type(error).__name__,
        )
        return
    if may:
        raise OperationalException(
            f"The API key for {exchange.name} may withdraw money, which no bot needs and a thief "
            "would use. Make one that may only look and trade, and delete this one."
        )


def may_withdraw(exchange: Any) -> bool:
    """Whether the key may move money out of the account. Raises what ccxt raises, and KeyError for
    an exchange that is not known to tell.

    Sources: Coinbase's key_permissions (can_transfer), Kraken's GetApiKeyInfo (permissions).
    """
    if exchange.id == "coinbase":
        return bool(exchange._api.v3PrivateGetBrokerageKeyPermissions()["can_transfer"])
    if exchange.id == "kraken":
        told = exchange._api.privatePostGetApiKeyInfo()["result"]["permissions"]
        return any("withdraw" in str(right).lower() for right in told)
    raise KeyError(exchange.id)
