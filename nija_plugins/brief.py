"""Values and errors in a few words, for a message: without secrets, on one line, never raising."""

import builtins
import reprlib
from typing import Any

import numpy as np
import pandas as pd

from nija_plugins.redaction import masked

LONGEST = 500
"""Of what an exception or a plugin says, so many characters are told."""

A_VALUE = 200
"""Of a value so many."""


def brief(value: Any) -> str:
    """A table's shape, else the beginning of its repr."""
    if isinstance(value, pd.DataFrame | pd.Series | np.ndarray):
        return f"{type(value).__name__}{value.shape}"
    try:
        return _cut(printable(_BRIEF.repr(value)), A_VALUE)
    except Exception:  # an object without a repr, a number too large for one
        return f"<{type(value).__name__}>"


def told(error: BaseException) -> str:
    """An exception's kind and text."""
    try:
        text = printable(" ".join(masked(str(error)).splitlines()))
    except Exception:
        text = "(without a text)"
    return f"{type(error).__name__}: {_cut(text)}"


def sentence(text: str) -> str:
    """Somebody else's sentence, fit for a log and a database."""
    return _cut(printable(" ".join(masked(text).splitlines())))


def _cut(text: str, longest: int = LONGEST) -> str:
    return text if len(text) <= longest else f"{text[:longest]} ..."


def cause(error: Exception) -> str:
    """What a database or a disk says went wrong, without the statement that was tried."""
    lines = masked(str(getattr(error, "orig", None) or error)).splitlines()
    return printable(lines[0]) if lines else type(error).__name__


def printable(text: str) -> str:
    """`text` with what is no visible character escaped: line ends, half characters."""
    if text.isprintable():  # nearly always, and a backtest asks for six million characters
        return text
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )


class _Brief(reprlib.Repr):
    """Cuts after secrets are struck out: half a key is no riddle."""

    def repr_str(self, x: str, level: int) -> str:
        return super().repr_str(masked(x), level)

    def repr_instance(self, x: Any, level: int) -> str:  # noqa: ARG002 (reprlib's name)
        told = masked(" ".join(builtins.repr(x).split()))
        half = (self.maxother - len(self.fillvalue)) // 2
        return told if len(told) <= self.maxother else told[:half] + self.fillvalue + told[-half:]


_BRIEF = _Brief()
