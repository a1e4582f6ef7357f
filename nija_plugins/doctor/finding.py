"""What a check found."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How a check ended; only a failed one makes `nija doctor` end with 1."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence, and for a warning or a cross what to do; `check` is filled in by the runner."""

    level: Level
    text: str
    advice: str = ""
    check: str = ""


class NotPossible(Exception):
    """A question that cannot be asked, for a reason that another check reports."""


def ok(text: str) -> Finding:
    """A tick."""
    return Finding(Level.OK, text)


def warning(text: str, advice: str) -> Finding:
    """Something that works, but perhaps not as meant; `advice` says what to do."""
    return Finding(Level.WARNING, text, advice)


def failed(text: str, advice: str) -> Finding:
    """Something that keeps the bot from working; `advice` says what to do."""
    return Finding(Level.FAILED, text, advice)
