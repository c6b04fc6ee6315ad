"""Events that fx-settlement publishes: entitlements, collections, pass-ons and conversions."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Literal
from uuid import UUID

from shared.events.base import Event, Part, Topic
from shared.events.registry import Sealed
from shared.wire import CurrencyCode, MoneyAmount, RateText

ENTITLEMENTS = Topic("fx-settlement.entitlements", "fx-settlement", key="the declaration")
# A collection carries its matches: up to 2,000, one for each portion of a declaration.
COLLECTIONS = Topic(
    "fx-settlement.collections", "fx-settlement", max_bytes=4 * 1024 * 1024, key="the collection, pass-on or conversion"
)


class PortionRoom(Part):
    """What may still be collected for one portion, in the declaration's currency."""

    portion_id: UUID
    collector_id: UUID
    owner_id: UUID
    collectable: MoneyAmount
    held: MoneyAmount = Decimal(0)
    matched: MoneyAmount


class EntitlementState(Part):
    """The collection room (可收汇额) of one released declaration; keyed by the declaration (R-FX-1, V37, V38)."""

    declaration_id: UUID
    pilot: str
    version: int
    currency: CurrencyCode
    collectable: MoneyAmount
    tolerance: MoneyAmount
    held: MoneyAmount = Decimal(0)
    matched: MoneyAmount
    frozen: bool
    portions: tuple[PortionRoom, ...]


class EntitlementEvent(Event):
    TOPIC: ClassVar[str] = ENTITLEMENTS.name
    entitlement: EntitlementState
    reason: str = ""


class EntitlementChanged(EntitlementEvent):
    TYPE: ClassVar[str] = "fx_settlement.entitlement_changed.v1"


class RoomReserved(EntitlementEvent):
    """Room was held or matched (V38)."""

    TYPE: ClassVar[str] = "fx_settlement.room_reserved.v1"


class RoomFreed(EntitlementEvent):
    """A hold was voided, or a match undone."""

    TYPE: ClassVar[str] = "fx_settlement.room_freed.v1"


class Match(Part):
    """A part of a collection used for one portion; `value` is what it uses up in the declaration's currency."""

    match_id: UUID
    portion_id: UUID
    declaration_id: UUID
    owner_id: UUID
    amount: MoneyAmount
    value: MoneyAmount
    charges: MoneyAmount = Decimal(0)
    declared_currency: CurrencyCode
    rate: RateText
    rate_id: str
    matched_at: datetime
    unmatched_at: datetime | None = None


class Advance(Part):
    """A part of a collection that is kept for a registered trade; `value` is in the trade's currency (预收, R-FX-8)."""

    trade_id: UUID
    amount: MoneyAmount
    value: MoneyAmount
    trade_currency: CurrencyCode
    rate: RateText
    rate_id: str
    linked_at: datetime


class Refund(Part):
    """Money sent back (退汇), in the collection's currency. A late one, or one to somebody else, has evidence (V41)."""

    refund_id: UUID
    amount: MoneyAmount
    refunded_on: date
    to_payer: bool
    evidence_hash: str = ""


class CollectionState(Part):
    """A collection (收汇): one bank receipt, gross of bank charges, in its own currency (V37, V39).

    `account_id` is the collector's account at the bank on which the money lies; an event of 0.1.0 doesn't say it.
    `blocked_by` are the codes of what forbids to use it; empty where nothing does (R-DECL-7).
    """

    collection_id: UUID
    pilot: str
    number: str
    version: int
    bank_id: UUID
    bank_reference: str
    collector_id: UUID
    account_kind: Literal["trade", "personal"]
    account_id: UUID | None = None
    method: Literal["fx", "rmb"]
    currency: CurrencyCode
    amount: MoneyAmount
    bank_charges: MoneyAmount
    received_on: date
    payer: Sealed
    buyer_id: UUID | None = None
    payer_relation: str = "buyer"
    matched: MoneyAmount
    refunded: MoneyAmount
    linked: MoneyAmount = Decimal(0)
    unmatched: MoneyAmount
    matches: tuple[Match, ...] = ()
    advances: tuple[Advance, ...] = ()
    refunds: tuple[Refund, ...] = ()
    blocked_by: tuple[str, ...] = ()


class CollectionEvent(Event):
    TOPIC: ClassVar[str] = COLLECTIONS.name
    collection: CollectionState
    reason: str = ""


class CollectionBooked(CollectionEvent):
    TYPE: ClassVar[str] = "fx_settlement.collection_booked.v1"


class CollectionUnblocked(CollectionEvent):
    """Nothing forbids any more to use the money: its conflict case is closed (R-DECL-7)."""

    TYPE: ClassVar[str] = "fx_settlement.collection_unblocked.v1"


class PayerStated(CollectionEvent):
    """The bank stated who paid, and on which evidence (V47)."""

    TYPE: ClassVar[str] = "fx_settlement.payer_stated.v1"


class AdvanceLinked(CollectionEvent):
    TYPE: ClassVar[str] = "fx_settlement.advance_linked.v1"


class AdvanceUnlinked(CollectionEvent):
    """The trade shrank or is void: the money kept for it is free again."""

    TYPE: ClassVar[str] = "fx_settlement.advance_unlinked.v1"


class CollectionMatched(CollectionEvent):
    TYPE: ClassVar[str] = "fx_settlement.collection_matched.v1"


class CollectionUnmatched(CollectionEvent):
    TYPE: ClassVar[str] = "fx_settlement.collection_unmatched.v1"


class CollectionRefunded(CollectionEvent):
    TYPE: ClassVar[str] = "fx_settlement.collection_refunded.v1"


class PassOnEvent(Event):
    """A pass-on changed."""

    TOPIC: ClassVar[str] = COLLECTIONS.name
    pass_on_id: UUID
    pilot: str
    number: str
    bank_id: UUID
    agent_id: UUID
    account_id: UUID | None = None
    principal_id: UUID
    principal_account_id: UUID | None = None
    currency: CurrencyCode
    amount: MoneyAmount
    paid_as: Literal["fx", "rmb"]
    rmb_amount: MoneyAmount | None = None
    rate: RateText | None = None
    rate_id: str | None = None
    paid_on: date
    bank_reference: str


class PassedOn(PassOnEvent):
    """An agent passed collected money on to the principal (划转), in currency or as RMB (R-FX-4, V42)."""

    TYPE: ClassVar[str] = "fx_settlement.passed_on.v1"


class ConversionEvent(Event):
    """A conversion changed."""

    TOPIC: ClassVar[str] = COLLECTIONS.name
    conversion_id: UUID
    pilot: str
    number: str
    bank_id: UUID
    holder_id: UUID
    account_id: UUID | None = None
    currency: CurrencyCode
    amount: MoneyAmount
    rmb_amount: MoneyAmount
    rate: RateText
    rate_id: str
    uses_quota: bool
    proof_portion_ids: tuple[UUID, ...] = ()
    proof_document_hash: str | None = None
    quota_statement_reference: str | None = None
    converted_on: date
    bank_reference: str


class Converted(ConversionEvent):
    """An individual converted foreign exchange from a personal account (结汇, R-FX-5, V43)."""

    TYPE: ClassVar[str] = "fx_settlement.converted.v1"
