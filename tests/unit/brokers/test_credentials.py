"""Keys as people paste them, and what they are told when one cannot be used."""

from pathlib import Path

import ccxt
import pytest
from freqtrade.exceptions import OperationalException

from nija_plugins.brokers.balance import NoBalance, _clear
from nija_plugins.brokers.credentials import (
    CredentialsError,
    credentials,
    environment,
    for_freqtrade,
    private_key,
)
from nija_plugins.venue.coinbase.keys import KeyKind, make_key
from tests.conftest import ROOT

NAME, PEM = make_key("bot", KeyKind.ECDSA)
BODY = PEM.splitlines()[1]


@pytest.mark.parametrize(
    "pasted",
    [
        PEM,
        PEM.replace("\n", "\\n"),
        PEM.replace("\n", " "),
        PEM.replace("\n", "\r\n"),
        f"\n  {PEM}\n",
        make_key("bot", KeyKind.ED25519)[1],
    ],
    ids=["lines", "backslash n", "one line", "windows", "space around", "ed25519"],
)
def test_a_private_key_however_it_was_pasted(pasted: str) -> None:
    assert private_key(pasted) == (PEM if "BEGIN" in pasted else pasted)


@pytest.mark.parametrize(
    ("pasted", "told"),
    [
        ("-----BEGIN EC PRIVATE KEY-----", "ends before its END line"),
        (BODY, "is no private key"),
        (PEM.replace(BODY, BODY[:20] + BODY[25:]), "is damaged"),
    ],
)
def test_a_key_that_cannot_be_used_is_named_and_never_shown(pasted: str, told: str) -> None:
    with pytest.raises(CredentialsError, match=f"COINBASE_API_SECRET {told}") as caught:
        private_key(pasted)
    assert BODY[:12] not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("newline", ["\n", "\\n"])
def test_the_env_file(tmp_path: Path, quote: str, newline: str) -> None:
    secret = PEM.strip().replace("\n", newline)
    text = (ROOT / ".env.micro_capital").read_text()
    text = text.replace("COINBASE_API_KEY=\n", f"COINBASE_API_KEY={NAME}\n")
    text = text.replace('COINBASE_API_SECRET=""', f"COINBASE_API_SECRET={quote}{secret}{quote}")
    (tmp_path / ".env").write_text(text)
    found = environment(tmp_path / ".env", {"KRAKEN_MASTER_API_KEY": "mine"})
    assert credentials("coinbase", found) == (NAME, PEM)
    assert for_freqtrade("coinbase", found)["FREQTRADE__EXCHANGE__SECRET"] == PEM
    with pytest.raises(CredentialsError, match="KRAKEN_MASTER_API_SECRET is not set"):
        credentials("kraken", found)


def test_without_any_key(tmp_path: Path) -> None:
    assert credentials("kraken", environment(tmp_path / ".env", {})) is None
    assert for_freqtrade("kraken", {}) == {}


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ccxt.PermissionDenied("EGeneral:Permission denied"), "give it the rights to view"),
        (ccxt.AuthenticationError("EAPI:Invalid key tops3cret"), "check KRAKEN_MASTER_API_KEY"),
        (ccxt.InvalidNonce("EAPI:Invalid nonce"), "clock is off"),
        (ccxt.RequestTimeout("kraken POST https://..."), "cannot be reached"),
        (KeyError("tops3cret"), "did not tell the balance (KeyError)"),
    ],
)
def test_what_an_exchange_objects_to(error: Exception, told: str) -> None:
    with pytest.raises(NoBalance) as caught, _clear("kraken"):
        raise OperationalException("as freqtrade wraps it") from error
    assert told in str(caught.value)
    assert "tops3cret" not in str(caught.value)
