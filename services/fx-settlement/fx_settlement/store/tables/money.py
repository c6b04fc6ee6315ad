"""Collections and what became of them: matches, advances, payables, pass-ons, conversions, claims.

Money lies on an account at a bank (R-FX-2); claims, matches and refunds are of their collection's. Rows of 0.1.0 name
no account: theirs is the party's first one at the bank (`store/accounts.py`).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from fx_settlement.store.documents import QuotaStatement
from fx_settlement.store.tables.row import Row
from shared.database import MONEY, RATE, digits_checks
from shared.documents import Document
from shared.events.registry import Sealed


class CollectionRow(Row):
    """A collection (收汇): one bank receipt (V39)."""

    __tablename__ = "collections"
    __table_args__ = (
        UniqueConstraint("bank_id", "bank_reference"),
        CheckConstraint("matched >= 0 AND refunded >= 0 AND linked >= 0", name="not_negative"),
        CheckConstraint("matched + refunded + linked <= amount", name="parts"),
        CheckConstraint("blocked_by = '[]' OR matched + linked = 0", name="blocked"),
        *digits_checks("currency", "amount", "bank_charges", "matched", "refunded", "linked"),
        Index("ix_collections_collector_id", "collector_id"),
        Index("ix_collections_bank_id", "bank_id", "collector_id"),
        Index("ix_collections_buyer_id", "buyer_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int]
    bank_id: Mapped[UUID]
    bank_reference: Mapped[str]
    collector_id: Mapped[UUID]
    account_kind: Mapped[str]
    account_id: Mapped[UUID | None]
    method: Mapped[str]
    currency: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(MONEY)
    bank_charges: Mapped[Decimal] = mapped_column(MONEY)
    matched: Mapped[Decimal] = mapped_column(MONEY)
    refunded: Mapped[Decimal] = mapped_column(MONEY)
    linked: Mapped[Decimal] = mapped_column(MONEY)
    received_on: Mapped[date]
    payer: Mapped[Sealed] = mapped_column(Document(Sealed))
    data_key: Mapped[str | None]
    buyer_id: Mapped[UUID | None]
    payer_relation: Mapped[str]
    payer_evidence_hash: Mapped[str]
    blocked_by: Mapped[tuple[str, ...]] = mapped_column(Document(tuple[str, ...]), server_default=text("'[]'"))


class MatchRow(Row):
    """A part of a collection used for a portion; undone, never deleted."""

    __tablename__ = "matches"
    __table_args__ = (
        CheckConstraint("amount > 0 AND value > 0 AND charges >= 0", name="positive"),
        *digits_checks("declared_currency", "value"),
        *digits_checks("'USD'", "value_usd"),
        Index("ix_matches_collection_id", "collection_id"),
        Index("ix_matches_portion_id", "portion_id"),
        Index("ix_matches_owner_id", "owner_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    collection_id: Mapped[UUID] = mapped_column(ForeignKey("collections.id"))
    portion_id: Mapped[UUID] = mapped_column(ForeignKey("portion_rooms.portion_id"))
    declaration_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    amount: Mapped[Decimal] = mapped_column(MONEY)
    charges: Mapped[Decimal] = mapped_column(MONEY)
    value: Mapped[Decimal] = mapped_column(MONEY)
    value_usd: Mapped[Decimal] = mapped_column(MONEY)
    declared_currency: Mapped[str]
    rate: Mapped[Decimal] = mapped_column(RATE)
    rate_id: Mapped[str]
    matched_at: Mapped[datetime]
    unmatched_at: Mapped[datetime | None]


class AdvanceRow(Row):
    """A part of a collection kept for a registered trade until its goods are released (预收, R-FX-8)."""

    __tablename__ = "advances"
    __table_args__ = (
        CheckConstraint("amount >= 0 AND value >= 0", name="not_negative"),
        *digits_checks("trade_currency", "value"),
        Index("ix_advances_trade_id", "trade_id"),
    )

    collection_id: Mapped[UUID] = mapped_column(ForeignKey("collections.id"), primary_key=True)
    trade_id: Mapped[UUID] = mapped_column(ForeignKey("trade_rooms.trade_id"), primary_key=True)
    pilot: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(MONEY)
    value: Mapped[Decimal] = mapped_column(MONEY)
    trade_currency: Mapped[str]
    rate: Mapped[Decimal] = mapped_column(RATE)
    rate_id: Mapped[str]
    linked_at: Mapped[datetime]


class PayableRow(Row):
    """What an agent collected for a principal and passed on, per currency (R-FX-4, V42)."""

    __tablename__ = "payables"
    __table_args__ = (
        CheckConstraint("passed_on >= 0 AND passed_on + charges <= collected + claims", name="passed_on"),
        CheckConstraint("collected >= 0 AND charges >= 0 AND claims >= 0", name="not_negative"),
        *digits_checks("currency", "collected", "charges", "passed_on", "claims"),
        Index("ix_payables_principal_id", "principal_id"),
    )

    agent_id: Mapped[UUID] = mapped_column(primary_key=True)
    principal_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    collected: Mapped[Decimal] = mapped_column(MONEY)
    charges: Mapped[Decimal] = mapped_column(MONEY)
    passed_on: Mapped[Decimal] = mapped_column(MONEY)
    claims: Mapped[Decimal] = mapped_column(MONEY)


class ClaimRow(Row):
    """Money refunded to a payer that had gone on already: what the debtor owes back (V41)."""

    __tablename__ = "claims"
    __table_args__ = (
        CheckConstraint("amount > 0 AND settled >= 0 AND settled <= amount", name="settled"),
        *digits_checks("currency", "amount", "settled"),
        Index("ix_claims_debtor_id", "debtor_id"),
        Index("ix_claims_creditor_id", "creditor_id"),
        Index("ix_claims_collection_id", "collection_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    collection_id: Mapped[UUID] = mapped_column(ForeignKey("collections.id"))
    debtor_id: Mapped[UUID]
    creditor_id: Mapped[UUID]
    currency: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(MONEY)
    settled: Mapped[Decimal] = mapped_column(MONEY)
    opened_at: Mapped[datetime]


class RefundRow(Row):
    """Money sent back (退汇): when, whether to the payer, and the evidence that the special path asks for (V41)."""

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint("amount > 0", name="positive"),
        *digits_checks("currency", "amount"),
        Index("ix_refunds_collection_id", "collection_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    collection_id: Mapped[UUID] = mapped_column(ForeignKey("collections.id"))
    currency: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(MONEY)
    refunded_on: Mapped[date]
    to_payer: Mapped[bool]
    evidence_hash: Mapped[str]


class PassOnRow(Row):
    """A transfer from agent to principal (划转)."""

    __tablename__ = "pass_ons"
    __table_args__ = (
        UniqueConstraint("bank_id", "bank_reference"),
        *digits_checks("currency", "amount"),
        *digits_checks("'CNY'", "rmb_amount"),
        Index("ix_pass_ons_agent_id", "agent_id"),
        Index("ix_pass_ons_principal_id", "principal_id"),
        Index("ix_pass_ons_bank_id", "bank_id", "id"),
        Index("ix_pass_ons_bank_reference", "bank_reference"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    bank_id: Mapped[UUID]
    bank_reference: Mapped[str]
    agent_id: Mapped[UUID]
    account_id: Mapped[UUID | None]
    principal_id: Mapped[UUID]
    principal_account_id: Mapped[UUID | None]
    currency: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(MONEY)
    paid_as: Mapped[str]
    rmb_amount: Mapped[Decimal | None] = mapped_column(MONEY)
    rate: Mapped[Decimal | None] = mapped_column(RATE)
    rate_id: Mapped[str | None]
    paid_on: Mapped[date]


class ConversionRow(Row):
    """A conversion from a personal account (结汇, R-FX-5)."""

    __tablename__ = "conversions"
    __table_args__ = (
        UniqueConstraint("bank_id", "bank_reference"),
        *digits_checks("currency", "amount"),
        *digits_checks("'CNY'", "rmb_amount"),
        Index("ix_conversions_holder_id", "holder_id"),
        Index("ix_conversions_bank_id", "bank_id", "id"),
        Index("ix_conversions_bank_reference", "bank_reference"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    bank_id: Mapped[UUID]
    bank_reference: Mapped[str]
    holder_id: Mapped[UUID]
    account_id: Mapped[UUID | None]
    currency: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(MONEY)
    rmb_amount: Mapped[Decimal] = mapped_column(MONEY)
    rate: Mapped[Decimal] = mapped_column(RATE)
    rate_id: Mapped[str]
    uses_quota: Mapped[bool]
    proof_portion_ids: Mapped[tuple[UUID, ...]] = mapped_column(Document(tuple[UUID, ...]))
    proof_document_hash: Mapped[str | None]
    quota_statement: Mapped[QuotaStatement | None] = mapped_column(Document(QuotaStatement))
    converted_on: Mapped[date]


class PersonalBalanceRow(Row):
    """What a personal account holds of a currency."""

    __tablename__ = "personal_balances"
    __table_args__ = (CheckConstraint("balance >= 0", name="balance"), *digits_checks("currency", "balance"))

    holder_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    balance: Mapped[Decimal] = mapped_column(MONEY)
