"""Request and response bodies for collections and rooms."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from fx_settlement.domain.booking import PayerRelation
from shared.events.fx_settlement import Advance, Match, Refund
from shared.sealing import Mask
from shared.wire import (
    Chosen,
    CurrencyCode,
    DateText,
    FilledText,
    Input,
    MoneyAmount,
    Name,
    OptionalReference,
    PositiveMoney,
    Reference,
    YesNo,
)

ID = "019a0000-0000-7000-8000-0000000000{:02d}"


_Relation = Annotated[PayerRelation, Chosen("payer_relation")]
# No rule parameter reaches further back.
BusinessDay = Annotated[DateText, Field(ge=date(2020, 1, 1))]


def example(**fields: Any) -> ConfigDict:
    """A model's configuration with one example of it."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


class CollectionIn(Input):
    """A bank receipt (收汇), gross of the bank's charges; `buyer_id` is the buyer for whom the payer paid.

    While the payer's relation to the buyer is unstated, the money is recorded and stays blocked (V47).
    """

    model_config = example(
        collector_id=ID.format(2),
        bank_reference="TT2026051300001",
        currency="USD",
        amount="1000.00",
        bank_charges="15.00",
        received_on="2026-05-13",
        payer="Vostok Instrument OOO",
        buyer_id=ID.format(3),
        payer_relation="buyer",
    )

    collector_id: UUID
    bank_reference: Reference = Field(max_length=80)
    account_kind: Annotated[Literal["trade", "personal"], Chosen("account_kind")] = "trade"
    account_id: UUID | None = None
    method: Annotated[Literal["fx", "rmb"], Chosen("paid_in")] = "fx"
    currency: CurrencyCode
    amount: PositiveMoney
    bank_charges: MoneyAmount = Decimal(0)
    received_on: BusinessDay
    payer: Name = Field(max_length=200)
    buyer_id: UUID | None = None
    payer_relation: _Relation = "unstated"
    payer_evidence_hash: OptionalReference = Field("", max_length=128)


class PayerIn(Input):
    """Who paid: how the payer is related to the buyer, and the evidence; only a named buyer needs none (V47)."""

    model_config = example(buyer_id=ID.format(3), payer_relation="payment_agent", payer_evidence_hash="sha256:9f86")

    buyer_id: UUID | None = None
    payer_relation: _Relation
    payer_evidence_hash: OptionalReference = Field("", max_length=128)


class UnmatchIn(Input):
    model_config = example(match_ids=[ID.format(81)])

    match_ids: list[UUID] = Field(min_length=1, max_length=2000)


class RefundIn(Input):
    model_config = example(amount="10.00", refunded_on="2026-05-13")

    amount: PositiveMoney
    refunded_on: BusinessDay
    to_payer: YesNo = True
    evidence_hash: OptionalReference = Field("", max_length=128)


class HoldVoidIn(Input):
    model_config = example(reason="the buyer did not pay")

    reason: FilledText = Field(min_length=3, max_length=500)


class CollectionFacts(BaseModel):
    """What everybody who may see a collection sees of it."""

    number: str
    version: int
    bank_id: UUID
    bank_reference: str
    collector_id: UUID
    account_kind: str
    method: str
    currency: str
    received_on: date
    payer: Mask
    buyer_id: UUID | None
    payer_relation: str
    blocked_by: tuple[str, ...]


class CollectionOfOwner(CollectionFacts):
    """A collection as a goods owner who isn't the collector sees it: its own matches, and no sums of others'."""

    collection_id: UUID
    pilot: str
    matches: tuple[Match, ...]


class CollectionShown(CollectionOfOwner):
    """A collection as its event tells it, the payer masked."""

    account_id: UUID
    amount: MoneyAmount
    bank_charges: MoneyAmount
    matched: MoneyAmount
    refunded: MoneyAmount
    linked: MoneyAmount
    unmatched: MoneyAmount
    advances: tuple[Advance, ...]
    refunds: tuple[Refund, ...]


class CollectionSummary(CollectionFacts):
    """A collection in a list; account and sums are absent for an owner who doesn't collect."""

    id: UUID
    account_id: UUID | None
    amount: MoneyAmount | None
    bank_charges: MoneyAmount | None
    matched: MoneyAmount | None
    refunded: MoneyAmount | None
    linked: MoneyAmount | None
    unmatched: MoneyAmount | None


class CollectionOut(BaseModel):
    """A collection, as far as the caller may see it."""

    id: UUID
    version: int
    collection: CollectionShown | CollectionOfOwner


class RoomOut(BaseModel):
    """The room of a portion; `left` is what may still be held or matched within its own value."""

    portion_id: UUID
    trade_id: UUID
    collector_id: UUID
    owner_id: UUID
    buyer_id: UUID | None
    settlement_method: str
    collectable: MoneyAmount
    held: MoneyAmount
    matched: MoneyAmount
    left: MoneyAmount


class CaseOut(BaseModel):
    """An open conflict case: what no longer agrees, and who must act (R-DECL-7)."""

    id: UUID
    code: str
    detail: str
    must_act: str
    opened_at: datetime


class EntitlementSummary(BaseModel):
    """A declaration's room; a caller who sees a part of its portions gets that part's sums, without tolerance."""

    declaration_id: UUID
    customs_number: str | None
    version: int
    currency: str
    collectable: MoneyAmount
    tolerance: MoneyAmount | None
    held: MoneyAmount
    matched: MoneyAmount
    left: MoneyAmount
    frozen: bool
    applied_version: int


class EntitlementOut(EntitlementSummary):
    """A declaration's room with its portions and open cases."""

    portions: list[RoomOut]
    open_conflicts: list[CaseOut]


class HoldLineOut(BaseModel):
    portion_id: UUID
    value: MoneyAmount


class HoldSummary(BaseModel):
    """Room held; `status` is held, committed or void."""

    id: UUID
    number: str
    version: int
    status: str
    collector_id: UUID
    collection_id: UUID | None
    reason: str


class HoldOut(HoldSummary):
    """Room held, portion by portion."""

    lines: list[HoldLineOut]
