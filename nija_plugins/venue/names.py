"""Ids in the form of each exchange, the same in every run."""

import base64
import hashlib
from uuid import UUID


def kraken_name(what: str, number: int) -> str:
    """`OABCDE-FGHIJ-KLMNOP` for an order, beginning with T for a fill."""
    digest = hashlib.sha256(f"kraken {what} {number}".encode()).digest()
    text = base64.b32encode(digest).decode()
    return f"{'T' if what == 'fill' else 'O'}{text[:5]}-{text[5:10]}-{text[10:16]}"


def coinbase_name(what: str, number: int) -> str:
    """A UUID."""
    digest = hashlib.sha256(f"coinbase {what} {number}".encode()).digest()
    return str(UUID(bytes=digest[:16], version=4))
