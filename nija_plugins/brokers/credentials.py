"""The keys of each broker, from the environment and a .env file, as freqtrade wants them."""

import re
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from dotenv import dotenv_values
from freqtrade.exceptions import OperationalException

NAMES: Mapping[str, tuple[str, str]] = {
    "coinbase": ("COINBASE_API_KEY", "COINBASE_API_SECRET"),
    "kraken": ("KRAKEN_MASTER_API_KEY", "KRAKEN_MASTER_API_SECRET"),
}
"""The variables of each broker's key and secret."""

PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----(.*?)-----END \1-----", re.DOTALL)


class CredentialsError(OperationalException):
    """A key that cannot be used; the message names the variable, and never its value."""


def environment(file: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """`environ`, and what `file` adds to it; what is set already wins."""
    found = dotenv_values(file) if file.is_file() else {}
    return {name: value for name, value in found.items() if value is not None} | dict(environ)


def credentials(broker: str, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """The broker's key and secret; None when neither is set. Raises CredentialsError."""
    names = NAMES[broker]
    key, secret = (environ.get(name, "").strip().strip("'\"") for name in names)
    if not key and not secret:
        return None
    for name, value in zip(names, (key, secret), strict=True):
        if not value:
            raise CredentialsError(
                f"{name} is not set, and {broker} needs both of {_both(broker)}."
            )
    return key, private_key(secret) if broker == "coinbase" else secret


def missing(broker: str) -> CredentialsError:
    """What to say of a broker that has none."""
    return CredentialsError(
        f"{broker} has no key: set {_both(broker)} in .env (a template is .env.micro_capital), or "
        'set "dry_run": true.'
    )


def private_key(text: str) -> str:
    """Coinbase's private key in the lines that a signature needs, however it was pasted: with real
    newlines, with \\n, or all on one line; an Ed25519 key is one line anyway. Raises
    CredentialsError."""
    if _is_ed25519(text):
        return text
    name = NAMES["coinbase"][1]
    found = PEM.search(text.replace("\\n", "\n"))
    if found is None:
        cut = "-----BEGIN" in text
        what = "ends before its END line" if cut else "is no private key"
        raise CredentialsError(
            f'{name} {what}: paste all of it, from -----BEGIN to END ...-----, and "in quotes" '
            "when it has several lines."
        )
    kind, body = found[1], "".join(found[2].split())
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    pem = "\n".join((f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", ""))
    try:
        load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError):
        raise CredentialsError(
            f"{name} is damaged: it looks like a private key and cannot be read. Paste it anew."
        ) from None
    return pem


def _is_ed25519(text: str) -> bool:
    try:
        return len(b64decode(text, validate=True)) == 64
    except ValueError:
        return False


def for_freqtrade(broker: str, environ: Mapping[str, str]) -> dict[str, str]:
    """freqtrade's variables of the broker's key; nothing when it has none. Raises
    CredentialsError."""
    found = credentials(broker, environ)
    if found is None:
        return {}
    key, secret = found
    return {"FREQTRADE__EXCHANGE__KEY": key, "FREQTRADE__EXCHANGE__SECRET": secret}


def _both(broker: str) -> str:
    return " and ".join(NAMES[broker])
