"""Two clients of the simulated exchange: ccxt, and what asks its control API."""

import json
import urllib.request
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


def ask(url: str, method: str, path: str, body: Any = None) -> Any:
    asked = urllib.request.Request(
        f"{url}/control/{path}",
        json.dumps(body).encode() if body is not None else None,
        {"Content-Type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(asked, timeout=5) as answer:
        return json.load(answer)
