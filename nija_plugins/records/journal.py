"""The journal of a bot: refused candidates, kept in one SQLite file for `nija refusals`.

Information, not money: when it cannot be written the bot says so once and goes on.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path

from sqlalchemy import DateTime, Float, Index, String, Text, create_engine, delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from nija_plugins.brief import cause

logger = logging.getLogger(__name__)

JOURNAL_FILE = "nija_journal.sqlite"
NONSENSE = (ValueError, TypeError, AttributeError, OverflowError)
"""What reading raises when the file holds something else than what was written."""

KEPT = timedelta(days=180)
"""How long refusals are kept."""


class _Base(DeclarativeBase):
    pass


class _Refusal(_Base):
    __tablename__ = "refusals"
    __table_args__ = (Index("refusals_by_time", "time"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    time: Mapped[datetime] = mapped_column(DateTime)
    account: Mapped[str] = mapped_column(String(40))
    pair: Mapped[str] = mapped_column(String(40))
    score: Mapped[float] = mapped_column(Float)
    rule: Mapped[str] = mapped_column(String(120))
    sentence: Mapped[str] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class Refused:
    """One rule's objection to one candidate; `time` is UTC, `account` like "coinbase dry_run"."""

    time: datetime
    account: str
    pair: str
    score: float
    rule: str
    sentence: str


class Journal:
    """The journal of one account in one file."""

    def __init__(self, path: Path, account: str) -> None:
        self._account = account
        self._engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 2})
        self._failed = False
        self._do(self._prepare)

    def record(
        self, time: datetime, pair: str, score: float, reasons: list[tuple[str, str]]
    ) -> None:
        """Adds a refused candidate with its (rule, sentence) reasons; never raises. A score that
        nobody could tell counts as 0: SQLite has no NaN."""
        rows = [
            _Refusal(
                time=time.astimezone(UTC).replace(tzinfo=None),
                account=self._account,
                pair=pair,
                score=score if isfinite(score) else 0.0,
                rule=rule,
                sentence=sentence,
            )
            for rule, sentence in reasons
        ]
        self._do(lambda session: session.add_all(rows))

    def _prepare(self, session: Session) -> None:
        _Base.metadata.create_all(self._engine)
        oldest = datetime.now(UTC).replace(tzinfo=None) - KEPT
        session.execute(delete(_Refusal).where(_Refusal.time < oldest))

    def _do(self, work: Callable[[Session], None]) -> None:
        try:
            with Session(self._engine) as session, session.begin():
                work(session)
            self._failed = False
        except SQLAlchemyError as error:
            if not self._failed:
                self._failed = True
                logger.warning("Refusals are not being recorded: %s", cause(error))


class JournalUnreadable(Exception):
    """The journal cannot be read; the message says which file and why."""


def read(path: Path, since: datetime | None = None) -> Iterator[Refused]:
    """The refusals in `path`, oldest first. Raises JournalUnreadable."""
    if not path.is_file():
        return
    engine = create_engine(f"sqlite:///{path}")
    query = select(_Refusal).order_by(_Refusal.time, _Refusal.id)
    if since is not None:
        query = query.where(_Refusal.time >= since.astimezone(UTC).replace(tzinfo=None))
    try:
        with Session(engine) as session:
            for row in session.scalars(query):
                texts = (row.account, row.pair, row.rule, row.sentence)
                if not all(isinstance(one, str) for one in texts):
                    raise TypeError("text expected")
                time = row.time.replace(tzinfo=UTC)
                yield Refused(time, row.account, row.pair, float(row.score), row.rule, row.sentence)
    except (SQLAlchemyError, OSError, *NONSENSE) as error:
        raise JournalUnreadable(f"{path} cannot be read: {cause(error)}") from None
