"""Files of trades that are registered after their request was answered, and what became of their rows."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.documents import Document
from shared.events.registry import Sealed
from trade_ledger.domain.slip_sheets import HiddenPart
from trade_ledger.store.tables.row import Row


class SentBy(BaseModel):
    """The account that sent a file, and the request that it came with, as audit and events name them."""

    model_config = ConfigDict(frozen=True)

    issuer: str
    actor: str
    key: str
    traceparent: str | None
    address: str | None


class TradeJobRow(Row):
    """A file of trades on its way; its times are the machine's, which its retention is counted by.

    The file is there, sealed, until the job has ended. `told` is how many problems its results tell.
    """

    __tablename__ = "trade_jobs"
    __table_args__ = (
        CheckConstraint("rows_done = registered + refused AND rows_done <= rows", name="rows"),
        CheckConstraint("(state IN ('done', 'failed')) = (ended_at IS NOT NULL)", name="state"),
        CheckConstraint("(ended_at IS NULL) = (body IS NOT NULL)", name="body"),
        Index("ix_trade_jobs_unfinished", "moved_at", postgresql_where=text("ended_at IS NULL")),
        Index("ix_trade_jobs_ended_at", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    role: Mapped[str]
    party_id: Mapped[UUID]
    operation: Mapped[str]
    sent_by: Mapped[SentBy] = mapped_column(Document(SentBy))
    state: Mapped[str] = mapped_column(server_default="waiting")
    rows: Mapped[int]
    rows_done: Mapped[int] = mapped_column(server_default="0")
    registered: Mapped[int] = mapped_column(server_default="0")
    refused: Mapped[int] = mapped_column(server_default="0")
    told: Mapped[int] = mapped_column(server_default="0")
    attempts: Mapped[int] = mapped_column(server_default="0")
    hidden: Mapped[tuple[HiddenPart, ...]] = mapped_column(Document(tuple[HiddenPart, ...]))
    body: Mapped[Sealed | None] = mapped_column(Document(Sealed), deferred=True)
    data_key: Mapped[str | None]
    problem: Mapped[str | None]
    sent_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    began_at: Mapped[datetime | None]
    moved_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    ended_at: Mapped[datetime | None]


class TradeJobResultsRow(Row):
    """What became of the rows of one slice, as the report tells it; written with the slice's trades."""

    __tablename__ = "trade_job_results"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("trade_jobs.id", ondelete="CASCADE"), primary_key=True)
    first: Mapped[int] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    results: Mapped[str]
