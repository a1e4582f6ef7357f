"""The tables of the portfolio ledger. Times are UTC, amounts in stake currency."""

from datetime import date, datetime

from sqlalchemy import JSON, Boolean, Float, ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from nija_plugins.utc_time import UtcTime

PORTFOLIO = "nija_portfolios.name"


class Base(DeclarativeBase):
    """What all tables share."""


class PortfolioRow(Base):
    """A portfolio, and the levels its loss limits are measured against. Its row is what writers
    lock, so that they come one after the other."""

    __tablename__ = "nija_portfolios"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    day: Mapped[date | None]
    day_open: Mapped[float | None] = mapped_column(Float)
    peak: Mapped[float | None] = mapped_column(Float)


class MemberRow(Base):
    """A bot; `positions` are [pair, value, cost]."""

    __tablename__ = "nija_members"

    portfolio: Mapped[str] = mapped_column(ForeignKey(PORTFOLIO), primary_key=True)
    account: Mapped[str] = mapped_column(String(120), primary_key=True)
    broker: Mapped[str] = mapped_column(String(40))
    time: Mapped[datetime] = mapped_column(UtcTime)
    equity: Mapped[float] = mapped_column(Float)
    worst_case: Mapped[float] = mapped_column(Float)
    free_cash: Mapped[float] = mapped_column(Float)
    positions: Mapped[list[tuple[str, float, float]]] = mapped_column(JSON)
    judged: Mapped[datetime | None] = mapped_column(UtcTime)
    external: Mapped[float | None] = mapped_column(Float)
    tier: Mapped[str | None] = mapped_column(String(40))


class ReservationRow(Base):
    """A reserved entry."""

    __tablename__ = "nija_reservations"

    portfolio: Mapped[str] = mapped_column(ForeignKey(PORTFOLIO), primary_key=True)
    account: Mapped[str] = mapped_column(String(120), primary_key=True)
    pair: Mapped[str] = mapped_column(String(40), primary_key=True)
    broker: Mapped[str] = mapped_column(String(40))
    stake: Mapped[float] = mapped_column(Float)
    cost: Mapped[float] = mapped_column(Float)
    at_risk: Mapped[float] = mapped_column(Float)
    since: Mapped[datetime] = mapped_column(UtcTime)
    confirmed: Mapped[bool] = mapped_column(Boolean)
