"""Nothing that opens an account may be written anywhere, not even as part of another message.

freqtrade takes the exchange's keys out of a bot's configuration before a strategy sees it, but its
own messages may quote addresses with a password or a token in them, and plugins may say anything.
So what is secret is remembered once, and struck out of every log record of the process.
"""

import json
import logging
import os
import re
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote

TELLTALE = re.compile(
    r"(?<!sort_)key$|secret|passw|passphrase|tokens?$|^uid$|account_?id$|wallet_?address$"
    r"|chat_?id$|webhook_?url$|authorization",
    re.IGNORECASE,
)
"""Names whose values are nobody's business."""

IN_ADDRESS = re.compile(r"(?<=://)[^/?#\s]*?:([^/?#\s]+)@")
"""The password in an address: of a database, a proxy, a list of pairs."""

OURS = re.compile(r"(COINBASE|KRAKEN_MASTER)_API_(KEY|SECRET)")
"""NIJA's own variables: what `nija trade` hands to the bots of the brokers."""

SHORTEST = 4
"""A shorter value is no secret, and replacing it everywhere would make messages unreadable."""

LONG = 8
"""So long is the end of an address that is a secret of its own."""

WORDS = frozenset({"true", "false", "none", "null"})

STRUCK = "***"
INSTEAD = "REDACTED"
"""What freqtrade writes in place of a secret in what it exports."""


def known_secrets(config: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Every secret of `config` and of freqtrade's and our variables in `environ`, in the ways a
    message may spell it, longest first."""
    plain = set(_values(config))
    for name, value in environ.items():
        path = name.upper().split("__")
        if path[0] == "FREQTRADE":
            plain.update(_values(_nested([one.lower() for one in path[1:]], value)))
        elif OURS.fullmatch(name):
            plain.update(_values({name: value}))
    spelt = {spelling for one in plain for spelling in _spellings(one)}
    long_enough = [
        one for one in spelt if len(one.strip()) >= SHORTEST and one.lower() not in WORDS
    ]
    return tuple(sorted(long_enough, key=lambda one: (-len(one), one)))


def redact(text: str, secrets: tuple[str, ...]) -> str:
    """`text` with every secret struck out."""
    for secret in secrets:
        text = text.replace(secret, STRUCK)
    return text


def without_secrets(config: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `config` with `REDACTED` in place of every secret."""
    cleaned: dict[str, Any] = _cleaned(config)
    return cleaned


def remember(config: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> None:
    """From now on the secrets of `config` and `environ` appear in no log record, in no traceback of
    a thread and in no text that passes `masked`, until the process ends."""
    known = set(_MASK.secrets) | set(known_secrets(config, environ))
    _MASK.secrets = tuple(sorted(known, key=lambda one: (-len(one), one)))
    _MASK.put_on()


def forget() -> None:
    """Nothing is secret any more: what a test needs, and nothing else does."""
    _MASK.secrets = ()


def masked(text: str) -> str:
    """`text` without what was remembered."""
    return redact(text, _MASK.secrets)


class _Mask:
    """Makes log records as before, and cleans them. A filter on handlers would miss those that are
    added later."""

    def __init__(self) -> None:
        self.secrets: tuple[str, ...] = ()
        self._make = logging.getLogRecordFactory()
        self._thread_ends = threading.excepthook
        self._hooked = False
        self._reached = False

    def put_on(self) -> None:
        if not self._in_the_chain():
            self._make = logging.getLogRecordFactory()
            logging.setLogRecordFactory(self)
        if not self._hooked:
            self._hooked = True
            self._thread_ends = threading.excepthook
            threading.excepthook = self.thread_ended

    def _in_the_chain(self) -> bool:
        """Whether the present factory leads here: somebody may have wrapped this one, and wrapping
        that again would make a ring."""
        self._reached = False
        logging.getLogRecordFactory()("probe", logging.DEBUG, "", 0, "", (), None)
        return self._reached

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        self._reached = True
        record = self._make(*args, **kwargs)
        if self.secrets:
            _clean(record)
        return record

    def thread_ended(self, args: Any) -> None:
        """An exception that ends a thread is printed, not logged: freqtrade's Telegram ends that
        way when its token is refused, and quotes it."""
        told = "".join(
            traceback.format_exception(args.exc_type, args.exc_value, args.exc_traceback)
        )
        clean = masked(told)
        if clean == told:
            self._thread_ends(args)
        elif sys.stderr is not None:
            name = getattr(args.thread, "name", "unknown")
            print(f"Exception in thread {name}:\n{clean}", file=sys.stderr)  # noqa: T201


_MASK = _Mask()


def _clean(record: logging.LogRecord) -> None:
    try:
        told = record.getMessage()
    except Exception as error:
        # Python would print message and arguments as they are.
        record.msg = f"A message that cannot be written ({type(error).__name__})."
        record.args = ()
        told = record.msg
    clean = masked(told)
    if clean != told:
        record.msg, record.args = clean, ()
    if record.exc_info and record.exc_info[1] is not None:
        told = logging.Formatter().formatException(record.exc_info)
        clean = masked(told)
        if clean != told:
            record.exc_text, record.exc_info = clean, None
    if record.stack_info:
        record.stack_info = masked(record.stack_info)


def _telltale(name: str, section: str) -> bool:
    return bool(TELLTALE.search(name)) or (section == "webhook" and name == "url")


def _values(section: Any, name: str = "", parent: str = "") -> Iterator[str]:
    """Every scalar under a telltale name, and every password in an address."""
    if isinstance(section, Mapping):
        for below, value in section.items():
            yield from _values(value, str(below), name)
    elif isinstance(section, list | tuple):
        for value in section:
            yield from _values(value, name, parent)
    elif isinstance(section, bool) or section is None:
        return
    elif _telltale(name, parent):
        yield str(section)
    elif isinstance(section, str):
        yield from IN_ADDRESS.findall(section)


def _cleaned(section: Any, name: str = "", parent: str = "") -> Any:
    if isinstance(section, Mapping):
        return {below: _cleaned(value, str(below), name) for below, value in section.items()}
    if isinstance(section, list | tuple):
        return type(section)(_cleaned(value, name, parent) for value in section)
    if isinstance(section, bool) or section is None or section == "":
        return section
    if _telltale(name, parent):
        return INSTEAD
    if isinstance(section, str):
        return IN_ADDRESS.sub(lambda found: found[0].replace(found[1], INSTEAD), section)
    return section


def _nested(path: list[str], value: str) -> dict[str, Any]:
    """A variable as the section of the configuration that it becomes; it may hold a JSON list."""
    found: Any = value
    if value.lstrip().startswith("["):
        try:
            found = [value, *json.loads(value)]
        except (ValueError, RecursionError):
            found = value
    for name in reversed(path):
        found = {name: found}
    return found if isinstance(found, dict) else {}


def _spellings(secret: str) -> Iterator[str]:
    # A key of several lines may be given with real line ends or with \n, and quoted in one piece,
    # with its lines joined, or one line at a time.
    for one in {secret, secret.replace("\\n", "\n"), unquote(secret)}:
        yield from (one, repr(one)[1:-1], json.dumps(one)[1:-1], " ".join(one.split()))
        yield from (quote(one), quote(one, safe=""), quote_plus(one))
        yield from one.splitlines()
    if "://" in secret:  # a failed request tells the path alone
        path = secret.split("://", 1)[1].partition("/")[2]
        yield from (one for one in (path, path.rpartition("/")[2]) if len(one) >= LONG)
