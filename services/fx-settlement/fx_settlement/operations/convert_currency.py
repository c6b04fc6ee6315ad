"""An individual converts foreign exchange from a personal account (结汇, R-FX-5, V43)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from fx_settlement.domain.conversion import ConversionFacts, breaches_of_conversion
from fx_settlement.operations.book_collection import add_to_balance
from fx_settlement.store.money import Posting, bank_in_force, next_number, post, subject
from fx_settlement.store.tables import ConversionRow, MatchRow, PersonalBalanceRow
from shared.act import Act
from shared.events.fx_settlement import Converted
from shared.messaging.outbox import announce
from shared.vocabulary.errors import Refused
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.money import rounded
from shared.vocabulary.numbers import human_number
from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class ToConvert:
    """What the bank converts; either proof (matched portions) or the quota the bank states to be left."""

    holder_id: UUID
    currency: str
    amount: Decimal
    rate: Decimal
    proof_portion_ids: tuple[UUID, ...]
    quota_statement: dict[str, Any] | None
    converted_on: date
    bank_reference: str


async def convert_currency(session: AsyncSession, wanted: ToConvert, *, bank_id: UUID, act: Act) -> ConversionRow:
    """The conversion, or every reason why not."""
    balance = await session.get(
        PersonalBalanceRow, (wanted.holder_id, wanted.currency), with_for_update=True, populate_existing=True
    )
    held = Decimal(0) if balance is None or balance.pilot != act.pilot else balance.balance
    if breaches := await _breaches(session, wanted, held, bank_id, act):
        raise Refused(tuple(breaches))
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
        rate_id=f"bank:{bank_id}:{wanted.converted_on}:{wanted.bank_reference}",
        uses_quota=not wanted.proof_portion_ids,
        proof_portion_ids=[str(each) for each in wanted.proof_portion_ids],
        quota_statement=wanted.quota_statement,
        converted_on=wanted.converted_on,
    )
    session.add(row)
    await add_to_balance(session, wanted.holder_id, wanted.currency, -wanted.amount, act.pilot)
    postings = [
        Posting(f"conversion:{bank_id}", wanted.currency, wanted.amount),
        Posting(f"bank:{bank_id}", wanted.currency, -wanted.amount),
        Posting(f"bank:{bank_id}", "CNY", row.rmb_amount),
        Posting(f"conversion:{bank_id}", "CNY", -row.rmb_amount),
    ]
    await post(session, postings, reference=f"conversion:{row.number}", act=act)
    reference = (wanted.quota_statement or {}).get("reference")
    names = set(Converted.model_fields) - {"conversion_id", "quota_statement_reference"}
    said = Converted.model_validate(
        {
            "conversion_id": row.id,
            "quota_statement_reference": reference,
            **{name: getattr(row, name) for name in names},
        }
    )
    await announce(session, said, key=row.id, sequence=1, act=act)
    return row


async def _breaches(session: AsyncSession, wanted: ToConvert, held: Decimal, bank_id: UUID, act: Act) -> list[Breach]:
    holder = await subject(session, wanted.holder_id, act.pilot)
    stated = None if wanted.quota_statement is None else Decimal(wanted.quota_statement["remaining"])
    facts = ConversionFacts(
        natural_person=holder is not None and holder.natural_person,
        amount=wanted.amount,
        balance=held,
        proof_value=await _proven(session, wanted) if wanted.proof_portion_ids else None,
        stated_quota=stated,
    )
    breaches = list(breaches_of_conversion(facts))
    if not await bank_in_force(session, bank_id, legal_date(act.now)):
        breaches.append(Breach("bank_not_filed", "R-FILE-9"))
    used = select(ConversionRow.number).where(
        ConversionRow.bank_id == bank_id, ConversionRow.bank_reference == wanted.bank_reference
    )
    number = await session.scalar(used)
    if number is not None:
        breaches.append(Breach("bank_reference_used", "V39", "/bank_reference", {"collection": number}))
    return breaches


async def _proven(session: AsyncSession, wanted: ToConvert) -> Decimal:
    """What the holder collected for the named portions, less what earlier conversions proved with them."""
    ids = set(wanted.proof_portion_ids)
    matched = select(MatchRow.amount).where(
        MatchRow.portion_id.in_(ids), MatchRow.owner_id == wanted.holder_id, MatchRow.unmatched_at.is_(None)
    )
    proven = sum((await session.execute(matched)).scalars(), Decimal(0))
    earlier = select(ConversionRow).where(
        ConversionRow.holder_id == wanted.holder_id,
        ConversionRow.currency == wanted.currency,
        ConversionRow.uses_quota.is_(False),
    )
    for row in (await session.execute(earlier)).scalars():
        if ids & {UUID(each) for each in row.proof_portion_ids}:
            proven -= row.amount
    return proven
