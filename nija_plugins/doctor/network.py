"""The one request of the examination: an exchange's public time. No key is ever sent."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import ccxt
from freqtrade.exchange.common import MAP_EXCHANGE_CHILDCLASS
from freqtrade.misc import deep_merge_dicts

from nija_plugins.redaction import masked

TIMEOUT = 5.0
"""Seconds until an exchange counts as unreachable."""

NEVER_SENT = ("apiKey", "secret", "password", "uid", "accountId", "walletAddress", "privateKey")


class NoAnswer(Exception):
    """The exchange's time is not to be had; `offline` tells a missing network from a refusal."""

    def __init__(self, message: str, *, offline: bool) -> None:
        super().__init__(message)
        self.offline = offline


def exchange_time(exchange: Mapping[str, Any]) -> datetime | None:
    """The exchange's clock (UTC, whole seconds), asked where freqtrade would ask; None when it
    tells no time, which is an answer too.

    `exchange` is freqtrade's section of that name. Raises NoAnswer.
    """
    name = str(exchange["name"]).lower()
    name = MAP_EXCHANGE_CHILDCLASS.get(name, name)
    if name not in ccxt.exchanges:
        raise NoAnswer(f"ccxt knows no exchange called {name!r}", offline=False)
    options: dict[str, Any] = deep_merge_dicts(
        exchange.get("ccxt_sync_config", {}), dict(exchange.get("ccxt_config", {}))
    )
    options = {key: value for key, value in options.items() if key not in NEVER_SENT}
    client = getattr(ccxt, name)({**options, "timeout": int(TIMEOUT * 1000)})
    try:
        if not client.has.get("fetchTime"):
            client.fetch_status()
            return None
        milliseconds = client.fetch_time()
    except ccxt.NetworkError as error:
        raise NoAnswer(_short(error), offline=True) from None
    except ccxt.BaseError as error:
        raise NoAnswer(_short(error), offline=False) from None
    finally:
        client.session.close()
    if not milliseconds:
        raise NoAnswer("its answer holds no time", offline=False)
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _short(error: Exception) -> str:
    """One line: what kind of error, and how it begins."""
    return f"{type(error).__name__}: {' '.join(masked(str(error)).split())[:160]}"
