"""Runs the checks, each on its own: one that crashes is a cross with its name, not an end."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from nija_plugins.doctor.account_memory import account_memory
from nija_plugins.doctor.candles import candles
from nija_plugins.doctor.configuration import configuration, leftovers, plugins, strategy
from nija_plugins.doctor.context import Context
from nija_plugins.doctor.exchange import clock, keys, reachable, stoploss
from nija_plugins.doctor.finding import Finding, NotPossible, failed, warning
from nija_plugins.doctor.machine import disk, port, versions
from nija_plugins.doctor.money import balances
from nija_plugins.doctor.state_file import state_file
from nija_plugins.redaction import known_secrets, redact

Check = Callable[[Context], Iterable[Finding]]

CHECKS: Mapping[str, Check] = {
    "versions": versions,
    "configuration": configuration,
    "strategy": strategy,
    "plugins": plugins,
    "leftovers": leftovers,
    "keys": keys,
    "exchange": reachable,
    "clock": clock,
    "balance": balances,
    "stoploss": stoploss,
    "candles": candles,
    "state file": state_file,
    "memory": account_memory,
    "disk": disk,
    "port": port,
}
"""Every check by the name it is shown under."""


def examine(context: Context, checks: Mapping[str, Check] = CHECKS) -> list[Finding]:
    """What `checks` find, in their order; at least one finding a check, and no secret in any."""
    try:
        secrets = known_secrets(context.config, context.environ)
    except NotPossible:
        secrets = known_secrets({}, context.environ)
    with _silence():
        findings = [one for name, check in checks.items() for one in _run(name, check, context)]
    return [
        replace(one, text=redact(one.text, secrets), advice=redact(one.advice, secrets))
        for one in findings
    ]


def _run(name: str, check: Check, context: Context) -> Iterator[Finding]:
    try:
        for finding in check(context):
            yield replace(finding, check=name)
    except NotPossible as reason:
        found = warning(f"Not looked at: {reason}.", "Mend that first, then ask again.")
        yield replace(found, check=name)
    except (Exception, SystemExit) as error:  # a plugin's file may do anything
        what = f"{type(error).__name__}: {error}".rstrip(".")
        found = failed(
            f"The check itself failed: {what}.", "Report this as a bug of NIJA, with this line."
        )
        yield replace(found, check=name)


@contextmanager
def _silence() -> Iterator[None]:
    """No log meanwhile: freqtrade logs a configuration that it refuses, keys included."""
    previous = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(previous)
