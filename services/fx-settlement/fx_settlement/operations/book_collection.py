"""A filed bank books a receipt (收汇): once per bank reference, to a collector who may (R-FX-2, R-FX-3, V39)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from fx_settlement.domain.matching import CollectorFacts, breaches_of_collector
from fx_settlement.publishers.money import announce_collection
from fx_settlement.store.money import (
    Posting,
    bank_in_force,
    collection_for_update,
    next_number,
    post,
    qualification_value,
    subject,
)
from fx_settlement.store.tables import CollectionRow, PersonalBalanceRow
from shared.act import Act
from shared.events.fx_settlement import CollectionBooked
from shared.sealing import Sealer
from shared.vocabulary.errors import Hidden, NotFound, Refused, Stale
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.money import rounded
from shared.vocabulary.numbers import human_number
from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class Booked:
    """What the bank states; `amount` is gross of `bank_charges`."""

    collector_id: UUID
    bank_reference: str
    account_kind: str
    method: str
    currency: str
    amount: Decimal
    bank_charges: Decimal
    received_on: date
    payer: str
    buyer_id: UUID | None


async def book_collection(
    session: AsyncSession, booked: Booked, *, bank_id: UUID, sealer: Sealer, act: Act
) -> CollectionRow:
    """The booked collection, nothing of it matched yet; or every reason why not."""
    if breaches := await _breaches(session, booked, bank_id, act):
        raise Refused(tuple(breaches))
    row = CollectionRow(
        id=uuid7(),
        pilot=act.pilot,
        number=human_number(act.pilot, "CO", await next_number(session, "collection")),
        version=0,
        bank_id=bank_id,
        bank_reference=booked.bank_reference,
        collector_id=booked.collector_id,
        account_kind=booked.account_kind,
        method=booked.method,
        currency=booked.currency,
        amount=booked.amount,
        bank_charges=booked.bank_charges,
        matched=Decimal(0),
        refunded=Decimal(0),
        received_on=booked.received_on,
        payer=sealer.seal(booked.payer, purpose="payer", mask=booked.payer[:1] + "***").model_dump(),
        buyer_id=booked.buyer_id,
    )
    session.add(row)
    postings = [
        Posting(f"bank:{bank_id}", row.currency, row.amount - row.bank_charges),
        Posting(f"charges:{row.collector_id}", row.currency, row.bank_charges),
        Posting(f"unmatched:{row.collector_id}", row.currency, -row.amount),
    ]
    await post(session, postings, reference=f"collection:{row.number}", act=act)
    if row.account_kind == "personal":
        await add_to_balance(session, row.collector_id, row.currency, row.amount - row.bank_charges, act.pilot)
    await announce_collection(session, row, CollectionBooked, act=act)
    return row


async def _breaches(session: AsyncSession, booked: Booked, bank_id: UUID, act: Act) -> list[Breach]:
    today = legal_date(act.now)
    collector = await subject(session, booked.collector_id, act.pilot)
    on = booked.received_on
    facts = CollectorFacts(
        known=collector is not None,
        natural_person=collector is not None and collector.natural_person,
        in_fx_directory=collector is not None and qualification_value(collector, "fx_directory", on) is not None,
        has_personal_account=collector is not None
        and qualification_value(collector, "personal_fx_account", on) is not None,
        account_kind=booked.account_kind,
    )
    breaches = list(breaches_of_collector(facts))
    if not await bank_in_force(session, bank_id, today):
        breaches.append(Breach("bank_not_filed", "R-FILE-9"))
    if on > today:
        breaches.append(Breach("date_in_the_future", "V16", "/received_on"))
    if booked.amount <= 0 or rounded(booked.amount, booked.currency) != booked.amount:
        breaches.append(Breach("amount_not_positive", "R-FX-1", "/amount"))
    if not 0 <= booked.bank_charges < booked.amount:
        breaches.append(Breach("charges_wrong", "V37", "/bank_charges"))
    if (booked.currency == "CNY") != (booked.method == "rmb"):
        breaches.append(Breach("method_disagrees_with_currency", "R-FX-6", "/method"))
    used = select(CollectionRow.number).where(
        CollectionRow.bank_id == bank_id, CollectionRow.bank_reference == booked.bank_reference
    )
    number = await session.scalar(used)
    if number is not None:
        breaches.append(Breach("bank_reference_used", "V39", "/bank_reference", {"collection": number}))
    return breaches


async def add_to_balance(session: AsyncSession, holder_id: UUID, currency: str, amount: Decimal, pilot: str) -> None:
    """Move a personal account's balance; the database refuses to let it fall below zero."""
    adding = insert(PersonalBalanceRow).values(holder_id=holder_id, currency=currency, pilot=pilot, balance=amount)
    await session.execute(
        adding.on_conflict_do_update(
            index_elements=["holder_id", "currency"],
            set_={"balance": PersonalBalanceRow.balance + adding.excluded.balance},
        )
    )


async def booked_collection(
    session: AsyncSession, collection_id: UUID, *, bank_id: UUID, version: int, act: Act
) -> CollectionRow:
    """The locked collection at the version the caller saw, if its bank booked it."""
    row = await collection_for_update(session, collection_id)
    if row is None or row.pilot != act.pilot:
        raise NotFound(f"no collection {collection_id}")
    if row.bank_id != bank_id:
        raise Hidden(f"collection {collection_id} was booked by another bank")
    if row.version != version:
        raise Stale(f"the collection has version {row.version}")
    return row
