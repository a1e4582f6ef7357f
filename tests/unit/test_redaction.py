"""Secrets are known by their name or their place in an address, and struck out however a message
spells them."""

import logging
import threading
from typing import Any
from urllib.parse import quote

import pytest

from nija_plugins import redaction
from nija_plugins.brief import brief
from nija_plugins.brokers.credentials import NAMES

PEM = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEfirst\nAwEHsecond\n-----END EC PRIVATE KEY-----\n"

CONFIG = {
    "exchange": {
        "key": "organizations/1/apiKeys/one",
        "secret": PEM,
        "password": "pass-phrase",
        "uid": 998877665,
        "pair_whitelist": ["BTC/USD"],
        "ccxt_config": {"apiKey": "ccxt-key", "httpsProxy": "http://me:proxy-word@proxy:1"},
    },
    "telegram": {"enabled": True, "token": "123:telegram", "chat_id": "55512345"},
    "discord": {"webhook_url": "https://discord.example/api/webhooks/1/discord-word"},
    "webhook": {"url": "https://hooks.example/hook-word", "format": "json"},
    "api_server": {
        "username": "freqtrader",
        "password": "api-word",
        "jwt_secret_key": "jwt-word",
        "ws_token": ["ws-one", "ws-two"],
    },
    "db_url": "postgresql://bot:db-word@server/trades",
    "pairlists": [{"method": "VolumePairList", "sort_key": "quoteVolume"}],
    "dry_run": True,
}
SECRETS = (
    "organizations/1/apiKeys/one",
    "MHcCAQEEfirst",
    "AwEHsecond",
    "pass-phrase",
    "998877665",
    "ccxt-key",
    "proxy-word",
    "123:telegram",
    "55512345",
    "discord-word",
    "hook-word",
    "api-word",
    "jwt-word",
    "ws-one",
    "ws-two",
    "db-word",
)
OPEN = ("BTC/USD", "freqtrader", "postgresql", "server", "json", "VolumePairList", "quoteVolume")


def test_what_is_secret_is_known_by_its_name_or_its_place() -> None:
    known = redaction.known_secrets(CONFIG, {})
    assert not [one for one in SECRETS if one in redaction.redact(f"it says {one}!", known)]
    told = redaction.redact(repr(CONFIG), known)
    assert not [one for one in SECRETS if one in told]
    assert all(word in told for word in OPEN)


def test_a_copy_without_secrets_keeps_everything_else() -> None:
    copy = redaction.without_secrets(CONFIG)
    assert not [one for one in SECRETS if one in repr(copy)]
    assert all(word in repr(copy) for word in OPEN)
    assert copy["dry_run"] is True
    assert copy["api_server"]["ws_token"] == ["REDACTED", "REDACTED"]
    assert copy["db_url"] == "postgresql://bot:REDACTED@server/trades"


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("FREQTRADE__EXCHANGE__SECRET", PEM, "MHcCAQEEfirst"),
        ("FREQTRADE__EXCHANGE__SECRET", PEM.replace("\n", "\\n"), "MHcCAQEEfirst"),
        ("FREQTRADE__WEBHOOK__URL", "https://hooks.example/hook-word", "hook-word"),
        ("FREQTRADE__API_SERVER__WS_TOKEN", '["ws-one", "ws-two"]', "ws-two"),
        ("FREQTRADE__DB_URL", "postgresql://bot:db-word@server/trades", "db-word"),
    ],
)
def test_freqtrades_variables_are_secret_too(name: str, value: str, secret: str) -> None:
    known = redaction.known_secrets({}, {name: value, "FREQTRADE__DRY_RUN": "true"})
    for told in (value, repr(value), quote(value), " ".join(value.split()), secret):
        assert secret not in redaction.redact(f"dry_run true: {told}", known)
    assert redaction.redact("dry_run true", known) == "dry_run true"


class Unspeakable:
    def __str__(self) -> str:
        raise RuntimeError("hush")

    __repr__ = __str__


def test_a_brokers_key_and_the_ledgers_password_are_secrets_too() -> None:
    config = {"nija": {"portfolio_url": "postgresql://nija:tops3cret@host/nija"}}
    environ = {name: f"of {name}".lower() for both in NAMES.values() for name in both}
    known = redaction.known_secrets(config, environ)
    for secret in ("tops3cret", *environ.values()):
        assert redaction.redact(f"It said {secret}.", known) == "It said ***."


def test_every_record_is_cleaned_whatever_carries_the_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    redaction.remember(CONFIG, {})
    log = logging.getLogger("somebody.else")
    log.error("told %s of %s", "api-word", ["jwt-word"])
    log.error("wrong number of arguments: %s %s", "api-word")  # noqa: PLE1206
    log.error("%s", Unspeakable())
    try:
        raise ValueError("the password is api-word")
    except ValueError:
        log.exception("no")
    log.error("%d%% harmless", 5)
    assert "api-word" not in caplog.text
    assert "jwt-word" not in caplog.text
    assert "ValueError: the password is ***" in caplog.text
    assert "5% harmless" in caplog.text


def test_somebody_may_wrap_the_factory_between_two_starts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As `nija offline` does to watch freqtrade's log."""
    redaction.remember(CONFIG, {})
    before = logging.getLogRecordFactory()

    def watched(*given: Any, **more: Any) -> logging.LogRecord:
        return before(*given, **more)

    try:
        logging.setLogRecordFactory(watched)
        redaction.remember({"key": "another-key"}, {})
        logging.getLogger("x").error("api-word and another-key")
    finally:
        logging.setLogRecordFactory(before)
    assert "*** and ***" in caplog.text


def test_so_is_an_exception_that_ends_a_thread(capfd: pytest.CaptureFixture[str]) -> None:
    redaction.remember(CONFIG, {})

    def refused() -> None:
        raise ValueError("The token `123:telegram` was rejected.")

    thread = threading.Thread(target=refused)
    thread.start()
    thread.join()
    told = capfd.readouterr().err
    assert "ValueError: The token `***` was rejected." in told


def test_half_a_key_is_a_key() -> None:
    """What is cut short is cleaned before."""
    key = "k" * 20 + "middle" + "y" * 20
    redaction.remember({"key": key}, {})

    class Quoting:
        def __repr__(self) -> str:
            return f"<{key}>"

    for value in (key, [key], {"a": key}, Quoting()):
        assert "kkkk" not in brief(value)
        assert "***" in brief(value)
