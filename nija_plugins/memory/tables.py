"""The tables of an account's memory. Times are UTC, amounts in stake currency."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from nija_plugins.utc_time import UtcTime

ACCOUNT = "accounts.name"


class Base(DeclarativeBase):
    """What all tables share."""


class AccountRow(Base):
    """An account: one exchange, one way of running, one database of trades."""

    __tablename__ = "accounts"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    seen: Mapped[datetime | None] = mapped_column(UtcTime)
    day: Mapped[date | None]
    day_open: Mapped[float | None]
    peak: Mapped[float | None]
    started: Mapped[bool]
    locked: Mapped[list[str]] = mapped_column(JSON)
    lasting: Mapped[list[str]] = mapped_column(JSON)
    external_cash: Mapped[float | None]
    trades: Mapped[int]
    snapshot: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class IncidentRow(Base):
    """Something that went wrong within the last hour."""

    __tablename__ = "incidents"

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey(ACCOUNT))
    time: Mapped[datetime] = mapped_column(UtcTime)
    cause: Mapped[str] = mapped_column(String(200))
    sentence: Mapped[str] = mapped_column(Text)


class FlowRow(Base):
    """A deposit (positive) or a withdrawal."""

    __tablename__ = "cash_flows"

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey(ACCOUNT))
    time: Mapped[datetime] = mapped_column(UtcTime)
    amount: Mapped[float] = mapped_column(Float)


class OwnRow(Base):
    """What on the exchange is the user's own and no business of the bot."""

    __tablename__ = "own_holdings"

    account: Mapped[str] = mapped_column(ForeignKey(ACCOUNT), primary_key=True)
    asset: Mapped[str] = mapped_column(String(40), primary_key=True)
    amount: Mapped[float] = mapped_column(Float)


class OwnOrderRow(Base):
    """An open order that the user made by hand."""

    __tablename__ = "own_orders"

    account: Mapped[str] = mapped_column(ForeignKey(ACCOUNT), primary_key=True)
    order_id: Mapped[str] = mapped_column(String(120), primary_key=True)
