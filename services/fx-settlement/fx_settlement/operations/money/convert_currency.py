"""An individual converts foreign exchange from a personal account (结汇, R-FX-5, V43)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from fx_settlement.domain.conversion import ConversionFacts, breaches_of_conversion
from fx_settlement.store.journal import (
    Posting,
    Quoted,
    next_number,
    number_under,
    personal_balance_for_update,
    post,
    rate_id_of,
)
from fx_settlement.store.parties import bank_in_force, subject
from fx_settlement.store.tables import CollectionRow, ConversionRow, MatchRow
from shared.act import Act
from shared.events.fx_settlement import Converted
from shared.messaging.outbox import announce
from shared.vocabulary.errors import Refused
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.money import rounded
from shared.vocabulary.numbers import human_number
from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class Document:
    """A proof of trade from outside the platform, by its hash, and what it is made out for."""

    hash: str
    total: Decimal


@dataclass(frozen=True, slots=True)
class ToConvert:
    """What the bank converts: with proof (matched portions or a document), or within the quota the bank states."""

    holder_id: UUID
    currency: str
    amount: Decimal
    rate: Decimal
    proof_portion_ids: tuple[UUID, ...]
    proof_document: Document | None
    quota_statement: dict[str, Any] | None
    converted_on: date
    bank_reference: str


async def convert_currency(session: AsyncSession, wanted: ToConvert, *, bank_id: UUID, act: Act) -> ConversionRow:
    """The conversion, or every reason why not; the balance's lock orders a holder's conversions."""
    balance = await personal_balance_for_update(session, wanted.holder_id, wanted.currency, act.pilot)
    held = balance.balance if balance.pilot == act.pilot else Decimal(0)
    if breaches := await _breaches(session, wanted, held, bank_id, act):
        raise Refused(tuple(breaches))
    source = f"bank:{bank_id}:{wanted.bank_reference}"
    quoted = Quoted(source, wanted.currency, "CNY", wanted.converted_on, wanted.rate)
    document = wanted.proof_document
    row = ConversionRow(
        id=uuid7(),
        pilot=act.pilot,
        number=human_number(act.pilot, "CV", await next_number(session, "conversion")),
        bank_id=bank_id,
        bank_reference=wanted.bank_reference,
        holder_id=wanted.holder_id,
        currency=wanted.currency,
        amount=wanted.amount,
        rmb_amount=rounded(wanted.amount * wanted.rate, "CNY"),
        rate=wanted.rate,
        rate_id=str(await rate_id_of(session, quoted, act.pilot)),
        uses_quota=not wanted.proof_portion_ids and document is None,
        proof_portion_ids=[str(each) for each in wanted.proof_portion_ids],
        proof_document_hash=None if document is None else document.hash,
        quota_statement=wanted.quota_statement,
        converted_on=wanted.converted_on,
    )
    session.add(row)
    balance.balance -= wanted.amount
    await session.flush()
    postings = [
        Posting(f"conversion:{bank_id}", wanted.currency, wanted.amount),
        Posting(f"personal:{wanted.holder_id}", wanted.currency, -wanted.amount),
        Posting(f"paid_out:{wanted.holder_id}", "CNY", row.rmb_amount),
        Posting(f"conversion:{bank_id}", "CNY", -row.rmb_amount),
    ]
    await post(session, postings, reference=f"conversion:{row.number}", act=act)
    await _announce(session, row, act)
    return row


async def _announce(session: AsyncSession, row: ConversionRow, act: Act) -> None:
    names = set(Converted.model_fields) - {"conversion_id", "quota_statement_reference"}
    said = Converted.model_validate(
        {
            "conversion_id": row.id,
            "quota_statement_reference": (row.quota_statement or {}).get("reference"),
            **{name: getattr(row, name) for name in names},
        }
    )
    await announce(session, said, key=row.id, sequence=1, act=act)


async def _breaches(session: AsyncSession, wanted: ToConvert, held: Decimal, bank_id: UUID, act: Act) -> list[Breach]:
    holder = await subject(session, wanted.holder_id, act.pilot)
    stated = None if wanted.quota_statement is None else Decimal(wanted.quota_statement["remaining"])
    facts = ConversionFacts(
        natural_person=holder is not None and holder.natural_person,
        foreign=wanted.currency != "CNY",
        amount=wanted.amount if rounded(wanted.amount, wanted.currency) == wanted.amount else Decimal(0),
        balance=held,
        proof_value=await _proven(session, wanted, act.pilot),
        stated_quota=stated,
        in_the_future=wanted.converted_on > legal_date(act.now),
    )
    breaches = list(breaches_of_conversion(facts))
    if not await bank_in_force(session, bank_id, act.pilot, legal_date(act.now)):
        breaches.append(Breach("bank_not_filed", "R-FILE-9"))
    number = await number_under(session, ConversionRow, bank_id, wanted.bank_reference)
    if number is not None:
        breaches.append(Breach("bank_reference_used", "V39", "/bank_reference", {"number": number}))
    return breaches


async def _proven(session: AsyncSession, wanted: ToConvert, pilot: str) -> Decimal | None:
    """What the proof is still good for: earlier conversions on the same portions or document count against it."""
    document = wanted.proof_document
    if not wanted.proof_portion_ids and document is None:
        return None
    proven = Decimal(0) if document is None else document.total
    ids = set(wanted.proof_portion_ids)
    matched = (
        select(MatchRow.amount)
        .join(CollectionRow, CollectionRow.id == MatchRow.collection_id)
        .where(
            MatchRow.portion_id.in_(ids),
            or_(MatchRow.owner_id == wanted.holder_id, CollectionRow.collector_id == wanted.holder_id),
            MatchRow.unmatched_at.is_(None),
            CollectionRow.currency == wanted.currency,
            CollectionRow.pilot == pilot,
        )
    )
    proven += sum((await session.execute(matched)).scalars(), Decimal(0))
    earlier = select(ConversionRow).where(
        ConversionRow.holder_id == wanted.holder_id,
        ConversionRow.currency == wanted.currency,
        ConversionRow.uses_quota.is_(False),
    )
    for row in (await session.execute(earlier)).scalars():
        same_document = document is not None and row.proof_document_hash == document.hash
        if same_document or ids & {UUID(each) for each in row.proof_portion_ids}:
            proven -= row.amount
    return proven
