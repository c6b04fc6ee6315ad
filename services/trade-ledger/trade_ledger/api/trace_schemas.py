"""What the trace answers."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel

from shared.wire import CurrencyCode, MoneyAmount
from trade_ledger.api.trade_schemas import LineCounters
from trade_ledger.domain.originals import Lack
from trade_ledger.store.documents import Shown


class TraceStep(BaseModel):
    """One event of the whole flow; `delegation_id` where its act was done for another party under one."""

    at: datetime
    type: str
    key: str
    sequence: int
    actor: str
    delegation_id: UUID | None
    shown: Shown


class TracedTrade(BaseModel):
    """A trade as far as it went: whose act is next follows from its quantities and parties."""

    id: UUID
    number: str
    status: str
    eligible: bool
    currency: CurrencyCode
    total: MoneyAmount
    registered_at: datetime
    handed_over_at: datetime | None
    export_mode: str
    buyer_named: bool
    lacks: list[Lack]
    """Whether the trade has a buyer; who it is, the trade itself tells those who may know."""
    seller_id: UUID
    owner_id: UUID
    consignor_id: UUID
    collector_id: UUID
    exemption_filer_id: UUID | None
    counters: list[LineCounters]


class TracedPackingList(BaseModel):
    """A packing list that holds a part of the trades, and where its load is."""

    id: UUID
    number: str
    status: str
    load_status: str
    container_number: str | None
    seal_number: str | None
    arrived_at: datetime | None
    declaration_id: UUID | None


class OpenCase(BaseModel):
    """An open conflict case of a declaration, and who must act (R-DECL-7)."""

    id: UUID
    code: str
    must_act: str


class TracedDeclaration(BaseModel):
    """A declaration of a part of the trades."""

    id: UUID
    number: str
    status: str
    customs_number: str | None
    export_date: date | None
    open_cases: list[OpenCase]


class TracedPortion(BaseModel):
    """What was declared of a trade line, and what left, in the declaration's currency."""

    id: UUID
    trade_id: UUID
    declaration_id: UUID
    owner_id: UUID
    collector_id: UUID
    exemption_filer_id: UUID | None
    currency: CurrencyCode
    declared_value: MoneyAmount
    released_value: MoneyAmount
    departed_value: MoneyAmount
    shut_out_value: MoneyAmount
    returned_value: MoneyAmount


class Progress(BaseModel):
    """How far the traced goods are."""

    trades: list[TracedTrade]
    packing_lists: list[TracedPackingList]
    declarations: list[TracedDeclaration]
    portions: list[TracedPortion]


class TraceOut(BaseModel):
    """Everything before and after an id or number, as one timeline (R-DECL-5)."""

    asked: str
    kind: str
    trades: list[UUID]
    declarations: list[UUID]
    portions: list[UUID]
    progress: Progress
    timeline: list[TraceStep]
