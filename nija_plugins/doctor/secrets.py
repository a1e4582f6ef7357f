"""Nothing that opens an account may be printed, not even as part of somebody else's message."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

TELLTALE = re.compile(
    r"key|secret|passw|passphrase|token|^uid$|account_?id|wallet_?address|chat_id|webhook|db_url",
    re.IGNORECASE,
)
"""Names whose values are nobody's business; `webhook` and `db_url` carry passwords."""

SHORTEST = 4
"""A shorter value is no secret, and replacing it everywhere would make messages unreadable."""


def known_secrets(config: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Every secret of `config` and of freqtrade's variables in `environ`, in the ways a message
    may spell it, longest first."""
    plain = set(_values(config))
    for name, value in environ.items():
        if name.upper().startswith("FREQTRADE__") and TELLTALE.search(name.split("__")[-1]):
            plain.add(value)
    spelt = plain | {repr(one)[1:-1] for one in plain} | {json.dumps(one)[1:-1] for one in plain}
    # A key of several lines may be quoted one line at a time, or with its lines joined.
    spelt |= {line for one in plain for line in one.splitlines()}
    spelt |= {" ".join(one.split()) for one in plain}
    long_enough = [one for one in spelt if len(one.strip()) >= SHORTEST]
    return tuple(sorted(long_enough, key=len, reverse=True))


def redact(text: str, secrets: tuple[str, ...]) -> str:
    """`text` with every secret struck out."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def _values(section: Any, secret: bool = False) -> Iterator[str]:
    """Every scalar below a telltale name."""
    if isinstance(section, Mapping):
        for name, value in section.items():
            yield from _values(value, secret or bool(TELLTALE.search(str(name))))
    elif isinstance(section, list | tuple):
        for value in section:
            yield from _values(value, secret)
    elif secret and not isinstance(section, bool) and section is not None:
        yield str(section)
