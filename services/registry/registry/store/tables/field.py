"""Places, commodities and credit grades: what is said of the field that the parties trade in."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.store.documents import ListEntry, PlaceContent, Verdict
from registry.store.parameters import MeasuresOfGrade
from registry.store.tables.row import Row
from shared.database import CONSUMER_ONLY
from shared.documents import Document


class PlaceRow(Row):
    """A pilot, bank, site or port: dated data, one row an aggregate (R-FILE-2, R-FILE-9)."""

    __tablename__ = "places"

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    pilot: Mapped[str] = mapped_column(index=True)
    content: Mapped[PlaceContent] = mapped_column(Document(PlaceContent))
    version: Mapped[int]


class CommodityListRow(Row):
    """A version of a positive or negative list (R-GOODS-1)."""

    __tablename__ = "commodity_lists"
    __table_args__ = (UniqueConstraint("pilot", "kind", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    kind: Mapped[str]
    version: Mapped[int]
    effective_from: Mapped[date]
    source: Mapped[str]
    entries: Mapped[tuple[ListEntry, ...]] = mapped_column(Document(tuple[ListEntry, ...]))
    published_at: Mapped[datetime]


class CommodityDecisionRow(Row):
    """A person's decision on goods, used the next time (R-GOODS-2)."""

    __tablename__ = "commodity_decisions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str] = mapped_column(index=True)
    goods_name: Mapped[str]
    hs_code: Mapped[str]
    verdict: Mapped[Verdict] = mapped_column(Text)
    reason: Mapped[str]
    authority: Mapped[str]
    effective_from: Mapped[date]
    expires_on: Mapped[date | None]
    decided_by: Mapped[str]
    decided_at: Mapped[datetime]
    rule_version: Mapped[str | None]


class RecognitionTaskRow(Row):
    """A trade line that its trade left undecided; open while no decision on its goods holds."""

    __tablename__ = "recognition_tasks"
    __table_args__ = ({"info": CONSUMER_ONLY},)

    line_id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str] = mapped_column(index=True)
    trade_id: Mapped[UUID] = mapped_column(index=True)
    trade_number: Mapped[str]
    goods_name: Mapped[str]
    hs_code: Mapped[str]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class CreditGradeRow(Row):
    """The grades of a subject on each authority's scale, newest by date (R-CREDIT-1)."""

    __tablename__ = "credit_grades"

    subject_id: Mapped[UUID] = mapped_column(ForeignKey("subjects.id"), primary_key=True)
    authority: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    grade: Mapped[str]
    effective_from: Mapped[date]
    reason: Mapped[str]
    measures: Mapped[MeasuresOfGrade] = mapped_column(Document(MeasuresOfGrade))
    decided_by: Mapped[str]
    decided_at: Mapped[datetime]
    rule_version: Mapped[str | None]
