"""Coinbase's three kinds of API keys: made for accounts of the simulated exchange, and checked.

Today's keys sign a JSON Web Token for each request, with ECDSA (a name such as
`organizations/.../apiKeys/...` and a PEM) or Ed25519 (a UUID and 64 bytes in base64). Keys of the
time before sign with HMAC-SHA256.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from urllib.parse import urlsplit
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

TOLERANCE = 30.0
"""Seconds by which a client's clock may be wrong."""


class KeyKind(StrEnum):
    """What an API key signs with."""

    ECDSA = "ecdsa"
    ED25519 = "ed25519"
    HMAC = "hmac"


def make_key(name: str, kind: KeyKind) -> tuple[str, str]:
    """Key and secret of an account called `name`, always the same. They protect nothing."""
    seed = hashlib.sha512(f"coinbase {kind} {name}".encode()).digest()
    uuid = str(UUID(bytes=seed[:16], version=4))
    if kind is KeyKind.ECDSA:
        number = int.from_bytes(seed[:31], "big")
        private = derive_private_key(number, SECP256R1())
        form = (Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        return f"organizations/{uuid}/apiKeys/{name}", private.private_bytes(*form).decode()
    if kind is KeyKind.ED25519:
        edwards = Ed25519PrivateKey.from_private_bytes(seed[:32])
        public = edwards.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return uuid, base64.b64encode(seed[:32] + public).decode()
    return seed.hex()[:16], seed.hex()[16:48]


def claimed_key(headers: Mapping[str, str]) -> str | None:
    """The key that a request says it comes from; nothing is checked."""
    token = _token(headers)
    if token is None:
        return headers.get("CB-ACCESS-KEY")
    try:
        return str(jwt.get_unverified_header(token).get("kid", ""))
    except jwt.InvalidTokenError:
        return None


def verified(
    headers: Mapping[str, str],
    method: str,
    path: str,
    payload: str,
    *,
    key: str,
    secret: str,
    now: datetime,
) -> bool:
    """Was this request signed with `secret`, for this method and path, about now?

    `payload` is what an HMAC covers after the path: the body, or v2's query with its `?`.
    """
    token = _token(headers)
    if token is None:
        return _hmac_verified(headers, f"{method}{path}{payload}", secret, now)
    try:
        public, algorithm = _public(secret)
        claims = jwt.decode(
            token,
            public,
            algorithms=[algorithm],
            # Times are judged below: the venue's clock is not the machine's.
            options={"verify_aud": False, "verify_exp": False, "verify_nbf": False},
        )
        begins, ends = float(claims["nbf"]), float(claims["exp"])
    except (jwt.InvalidTokenError, KeyError, TypeError, ValueError):
        return False
    uri = claims.get("uri") or (claims.get("uris") or [""])[0]
    verb, _, address = str(uri).partition(" ")
    # ccxt leaves the scheme out only where it is https.
    place = urlsplit(address if "://" in address else f"https://{address}").path
    moment = now.timestamp()
    current = begins - TOLERANCE <= moment <= ends
    return current and claims.get("sub") == key and (verb, place) == (method, path)


def _token(headers: Mapping[str, str]) -> str | None:
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    return token if scheme == "Bearer" else None


def _hmac_verified(headers: Mapping[str, str], message: str, secret: str, now: datetime) -> bool:
    stamp = headers.get("CB-ACCESS-TIMESTAMP", "")
    if not stamp.isascii() or not stamp.isdigit():
        return False
    if abs(int(stamp) - now.timestamp()) > TOLERANCE:
        return False
    expected = hmac.new(secret.encode(), f"{stamp}{message}".encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, headers.get("CB-ACCESS-SIGN", ""))


@lru_cache
def _public(secret: str) -> tuple[str, str]:
    """The public half as PEM, and the algorithm of its signatures."""
    form = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    if secret.startswith("-----BEGIN"):
        pem = load_pem_private_key(secret.encode(), None)
        return pem.public_key().public_bytes(*form).decode(), "ES256"
    edwards = Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret)[:32])
    return edwards.public_key().public_bytes(*form).decode(), "EdDSA"
