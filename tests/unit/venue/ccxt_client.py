"""ccxt on the simulated exchange."""

from typing import Any

import ccxt

from nija_plugins.venue.venue import Credentials


def client(url: str, credentials: Credentials, module: Any = ccxt, **options: Any) -> Any:
    names = ("rest", "public", "private", "zendesk")
    return getattr(module, credentials.exchange)(
        {
            "urls": {"api": dict.fromkeys(names, url)},
            "enableRateLimit": False,
            "apiKey": credentials.key,
            "secret": credentials.secret,
            "timeout": 5000,
            **options,
        }
    )
