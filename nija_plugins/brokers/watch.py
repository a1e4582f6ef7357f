"""One bot's side of the portfolio: what the ledger last said, and what this bot tells it.

A ledger that cannot be used lets nothing in, and keeps nothing from getting out: limits go on with
what it last said.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from nija_plugins.account import Account, Benchmarks
from nija_plugins.brokers.database import ledger_url
from nija_plugins.brokers.ledger import Ledger, LedgerUnusable, Settle
from nija_plugins.brokers.others import Others
from nija_plugins.brokers.portfolio import (
    ORDER_TAKES,
    Member,
    Position,
    Reservation,
    View,
    clocks_apart,
    others_of,
    twin,
    waited_for,
)
from nija_plugins.memory.store import account_name, database_name
from nija_plugins.settings import Settings
from nija_plugins.venue.environment import OFFLINE

logger = logging.getLogger(__name__)

QUIET = timedelta(minutes=1)
"""Between two signs of life that tell nothing new."""

RETRY = timedelta(seconds=30)
"""Between two attempts at a ledger that could not be used: each may take seconds."""

UNKNOWN = Others(unknown=True)

T = TypeVar("T")


def portfolio_name(config: Mapping[str, Any], settings: Settings) -> str:
    """Whose tier and limits `config`'s bot shares: play money is never one portfolio with real
    money, nor a simulated market with the real one, nor USD with EUR; and in mode INDEPENDENT every
    broker is one of its own."""
    way = "dry_run" if config.get("dry_run", True) else "live"
    database = database_name(config)
    if way == "dry_run" and database.startswith(OFFLINE):
        way = f"offline {database.rpartition('-')[2]}"  # exchanges of one market go together
    name = f"{way} {config['stake_currency']}"
    alone = settings.mode == "INDEPENDENT"
    return f"{config['exchange']['name']} {name}" if alone else name


def ledger_of(config: Mapping[str, Any], settings: Settings) -> Ledger:
    """The ledger that the bot of `config` writes."""
    secret = settings.portfolio_url
    url = secret.get_secret_value() if secret else None
    return Ledger(ledger_url(url, Path(config["user_data_dir"])), portfolio_name(config, settings))


def priority(settings: Settings) -> Callable[[str], int]:
    """A broker's place in exchange_priority; those that are not in it come last."""
    order = [one.lower() for one in settings.exchange_priority]
    return lambda broker: order.index(broker) if broker in order else len(order)


class PortfolioWatch:
    """The portfolio as one bot sees it. `problem` is a sentence while nothing may be entered."""

    def __init__(
        self,
        ledger: Ledger,
        account: str,
        broker: str,
        rank: Callable[[str], int],
        alert: Callable[[str], None],
    ) -> None:
        self.ledger = ledger
        self.account = account
        self.broker = broker
        self.problem: str | None = None
        self._rank = rank
        self._alert = alert
        self._view: View | None = None
        self._began: datetime | None = None
        self._failed: datetime | None = None
        self._told: Member | None = None
        self._said: str | None = None
        self._in_flight: dict[str, datetime] = {}

    @classmethod
    def of(
        cls, config: Mapping[str, Any], settings: Settings, alert: Callable[[str], None]
    ) -> "PortfolioWatch":
        """The watch of the bot that `config` runs."""
        return cls(
            ledger_of(config, settings),
            account_name(config),
            config["exchange"]["name"],
            priority(settings),
            alert,
        )

    # -- what the ledger says ------------------------------------------------------------------

    def look(self, now: datetime) -> None:
        """Reads the ledger."""
        self._began = self._began or now
        view = self._ask(now, self.ledger.view)
        if view is not None:
            self._seen(view, now)

    def others(self, now: datetime) -> Others:
        """What the other brokers add to this bot."""
        if self._view is None:
            return UNKNOWN
        return others_of(self._view, self.account, now)

    @property
    def view(self) -> View:
        """What the ledger last said; nothing before its first answer."""
        return self._view or View()

    @property
    def shared_marks(self) -> Benchmarks | None:
        """The portfolio's levels; None when nobody else is there: this bot's memory has them."""
        return self._view.marks if self._view and self._view.beside(self.account) else None

    def waits_for(self, candle: datetime, now: datetime) -> str | None:
        """The broker that comes first in exchange_priority and may still want an entry on the
        candle that ended at `candle`."""
        if self._view is None:
            return None
        return waited_for(self._view, self.account, self._rank, candle, now)

    # -- what this bot tells -------------------------------------------------------------------

    def publish(
        self, account: Account, judged: datetime | None, external: float | None, settle: Settle
    ) -> bool:
        """Tells the others what `account` (of this bot) found; `settle` gives the portfolio's
        levels. False while the ledger cannot be used, and while a bot that joins does not know what
        it brings. What repeats itself is told once a minute."""
        now = account.time
        if account.unsettled:
            # The levels wait, and `external` is what they count: told now, it would never be.
            before = self._view.member(self.account) if self._view is not None else None
            if before is None:
                return False
            external = before.external
        member = self._member(account, judged, external)
        told, view = self._told, self._view
        same = told is not None and replace(told, time=now) == member
        recent = told is not None and now - told.time < QUIET and told.time.date() == now.date()
        quiet = same and recent and self.problem is None
        if quiet and view is not None and self._needs_nothing(view):
            settle(view)
            return True
        self._in_flight = {
            pair: since for pair, since in self._in_flight.items() if now - since < ORDER_TAKES
        }
        written = self._ask(now, lambda: self.ledger.publish(member, settle, self._in_flight))
        if written is None:
            return False
        self._told = member
        self._seen(written, now)
        return True

    def restart(self, marks: Benchmarks, now: datetime) -> bool:
        """Sets the portfolio's levels: a person unlocked. False while that cannot be written."""
        if self._view is None:
            return False
        if self.shared_marks is None and self.problem is None:
            return True  # they are in this bot's memory, and told from there
        written = self._ask(now, lambda: self.ledger.set_marks(marks))
        if written is not None:
            self._seen(written, now)
        return written is not None

    # -- entries -------------------------------------------------------------------------------

    def reserve(self, wanted: Reservation, judge: Callable[[Others], str | None]) -> str | None:
        """Reserves an entry unless `judge`, given the other brokers as they are at this moment,
        objects; returns the objection."""
        now = wanted.since
        self._in_flight[wanted.pair] = now

        def objection(view: View) -> str | None:
            self._view = view
            return judge(others_of(view, self.account, now))

        answer = self._ask(now, lambda: (self.ledger.reserve(wanted, objection),))
        return self.problem if answer is None else answer[0]

    def confirm(self, pair: str, now: datetime) -> bool:
        """The entry's order is about to be sent: whether it is still reserved."""
        return self._ask(now, lambda: self.ledger.confirm(self.account, pair, now)) or False

    def release(self, pair: str, now: datetime) -> None:
        """The entry will not happen."""
        self._ask(now, lambda: self.ledger.release(self.account, pair))

    # ------------------------------------------------------------------------------------------

    def _needs_nothing(self, view: View) -> bool:
        """Whether the ledger knows this bot, which one that was moved away does not, and has no
        reservation of it."""
        mine = any(one.account == self.account for one in view.reservations)
        return view.member(self.account) is not None and not mine

    def _member(self, account: Account, judged: datetime | None, external: float | None) -> Member:
        # A change of cash that is not settled would be a profit or a loss to the others.
        pending = account.unsettled
        return Member(
            account=self.account,
            broker=self.broker,
            time=account.time,
            equity=account.own_equity - pending,
            worst_case=account.own_worst_case - pending,
            free_cash=account.free_cash - max(pending, 0.0),
            positions=tuple(
                Position(
                    one.pair,
                    one.exposure,
                    (one.amount + one.pending) * one.entry_price * (1 + one.fee),
                )
                for one in account.positions
            ),
            judged=judged,
            external=external,
            tier=account.tier.name if account.tier else None,
        )

    def _seen(self, view: View, now: datetime) -> None:
        self._view = view
        same = twin(view, self.account, self.broker, self._began or now, now)
        self._say(clocks_apart(view, self.account, now) or same)

    def _ask(self, now: datetime, work: Callable[[], T]) -> T | None:
        """What `work` returns, or None while the ledger cannot be used."""
        if self._failed is not None and timedelta(0) <= now - self._failed < RETRY:
            return None
        try:
            answer = work()
        except LedgerUnusable as error:
            self._failed = now
            self._say(str(error))
            return None
        if self._failed is not None:
            self._failed = None
            self._say(None)
        return answer

    def _say(self, problem: str | None) -> None:
        """Remembers a problem, and tells a person once until it is over."""
        if problem is None and self.problem is not None:
            logger.info("The portfolio's ledger is in order again.")
            self._said = None
        self.problem = problem
        kind = problem.partition("(")[0].partition(" wrote ")[0] if problem else None
        if kind is not None and kind != self._said:
            self._said = kind
            logger.error("No entries: %s", problem)
            self._alert(f"No entries: {problem}")
