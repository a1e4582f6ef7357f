"""The exchange: keys, connection, clock, and who holds the stop."""

from collections.abc import Iterator
from datetime import timedelta

from nija_plugins.brokers.credentials import NAMES, CredentialsError, credentials
from nija_plugins.doctor.context import Context
from nija_plugins.doctor.finding import Finding, NotPossible, failed, ok, warning
from nija_plugins.doctor.network import NEVER_SENT, NoAnswer
from nija_plugins.exchange_features import feature, stop_rests

SKEW_WARNING = timedelta(seconds=1)
SKEW_FAILED = timedelta(seconds=5)
"""Exchanges refuse signed requests whose time is off by more than a few seconds."""

WHOLE_SECONDS = timedelta(seconds=1)
"""Exchanges tell their time in these: "12:00:00" was said up to a second later."""

FIELDS = {"key": ("api_key", "apiKey", "key"), "secret": ("secret",)}
"""What a live bot needs, and the names freqtrade takes it under."""

VARIABLES = "FREQTRADE__EXCHANGE__KEY and FREQTRADE__EXCHANGE__SECRET"


def keys(context: Context) -> Iterator[Finding]:
    """Present when money is real; they are looked for, never shown and never sent."""
    section = context.exchange_section
    for options in ("ccxt_config", "ccxt_sync_config", "ccxt_async_config"):
        if given := [name for name in NEVER_SENT if section.get(options, {}).get(name)]:
            yield failed(
                f"exchange.{options} holds {' and '.join(given)}: freqtrade writes that section "
                "into its log, before NIJA can strike anything out.",
                f"Move it up into the section exchange, or into the environment ({VARIABLES}).",
            )
    try:
        if context.exchange in NAMES:
            credentials(context.exchange, context.environ)
    except CredentialsError as error:
        yield failed(str(error), "Correct it in .env, or in the environment.")
        return
    if context.dry_run:
        yield ok("not needed: this is a dry run")
        return
    missing = [name for name, known in FIELDS.items() if not any(map(section.get, known))]
    samples = [
        name
        for name, known in FIELDS.items()
        if any(str(section.get(one) or "").lower().startswith("your") for one in known)
    ]
    advice = (
        f"Put them into .env (template: .env.micro_capital) for nija trade, or into the "
        f"environment ({VARIABLES}) for freqtrade trade; or set " + '"dry_run": true.'
    )
    if missing:
        yield failed(
            f"dry_run is false, but the exchange's {' and '.join(missing)} is unset.", advice
        )
    elif samples:
        yield failed(f"The exchange's {' and '.join(samples)} is still the example's.", advice)
    else:
        yield ok("key and secret are set (not tried, not shown)")


def reachable(context: Context) -> Iterator[Finding]:
    """The exchange answers a public question, at the address freqtrade would use."""
    answer = context.answer
    if not isinstance(answer, NoAnswer):
        took = (answer.after - answer.before) / timedelta(milliseconds=1)
        yield ok(f"{context.exchange} answers (after {took:.0f} ms)")
    elif answer.offline:
        yield failed(
            f"{context.exchange} cannot be reached ({answer}).",
            "No network: nija offline backtesting --strategy NijaMicro works without one; for "
            "trading check the connection, a proxy, or the exchange's status page.",
        )
    else:
        yield failed(
            f"{context.exchange} does not answer as expected ({answer}).",
            'Check "exchange.name" and the addresses in "exchange.ccxt_config.urls".',
        )


def clock(context: Context) -> Iterator[Finding]:
    """This machine's clock against the exchange's."""
    answer = context.answer
    if isinstance(answer, NoAnswer):
        raise NotPossible("the exchange did not answer")
    if answer.time is None:
        yield ok(f"{context.exchange} tells no time to compare with")
        return
    # The answer was given at some instant between the two readings, and up to a second after what
    # it says: take the middle of both, and leave out what a slow connection alone can explain.
    waited = answer.after - answer.before
    skew = answer.before + waited / 2 - (answer.time + WHOLE_SECONDS / 2)
    size = max(abs(skew) - waited / 2, timedelta(0))
    direction = "ahead of" if skew > timedelta(0) else "behind"
    text = f"This machine's clock is {size.total_seconds():.1f} s {direction} {context.exchange}'s"
    advice = "Let the system keep the time (NTP), such as: sudo timedatectl set-ntp true"
    if size > SKEW_FAILED:
        yield failed(f"{text}: signed requests will be refused.", advice)
    elif size > SKEW_WARNING:
        yield warning(f"{text}.", advice)
    else:
        yield ok(f"agrees with {context.exchange}'s to within a second")


def stoploss(context: Context) -> Iterator[Finding]:
    """Who sells when the bot does not run."""
    supported = feature(context.exchange, "stoploss_on_exchange")
    if context.strategy.order_types.get("stoploss_on_exchange"):
        if supported:
            yield ok(f"the stop is an order on {context.exchange}: it stands while the bot is down")
        else:
            yield failed(
                f"stoploss_on_exchange is on, but freqtrade cannot do that on {context.exchange}: "
                "it will not start.",
                'Set "stoploss_on_exchange" in "order_types" to false.',
            )
        return
    can = "could hold one, it is switched off" if supported else "cannot hold one for freqtrade"
    text = f"Software stop: it sells only while the bot runs ({context.exchange} {can})"
    if context.dry_run and stop_rests(context.config):
        yield ok(f"Software stop, in a dry run; live it rests on {context.exchange}")
    elif context.dry_run:
        yield ok(f"{text}; here with play money")
    else:
        yield warning(f"{text}.", "Let the system restart the bot, and never leave it stopped.")
