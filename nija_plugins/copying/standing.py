"""What a bot says of itself, and of each of its trades, to whoever copies it.

A bot's standing is its strategy's version, which freqtrade shows in /version, FreqUI and
`/show_config`. The word on a trade is stored with it when its entry fills, so that a tier that
changes later changes nothing about it.
"""

import re
from dataclasses import dataclass
from typing import get_args

from nija_plugins.settings import AccountMode

WORD = "nija_copying"
"""Under which freqtrade stores the word on a trade: {"copied": bool, "tier": str | None}."""

_TEXT = re.compile(
    rf"NIJA (\S+); tier (.+); may be copied: (yes|no); mode ({'|'.join(get_args(AccountMode))})"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A bot of NIJA `version` in `tier` (a name or "none"); `copied` says whether its tier lets it
    be copied, `mode` is its setting."""

    version: str
    tier: str
    copied: bool
    mode: AccountMode

    def __str__(self) -> str:
        may = "yes" if self.copied else "no"
        return f"NIJA {self.version}; tier {self.tier}; may be copied: {may}; mode {self.mode}"


def parse(text: str | None) -> Standing | None:
    """The standing that a strategy's version tells; None for any other strategy."""
    found = _TEXT.fullmatch(text or "")
    if found is None:
        return None
    mode = next(one for one in get_args(AccountMode) if one == found[4])
    return Standing(found[1], found[2], found[3] == "yes", mode)
