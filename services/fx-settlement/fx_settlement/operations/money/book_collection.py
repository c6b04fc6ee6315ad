"""A filed bank books a receipt (收汇): once per bank reference, to a collector who may (R-FX-2, R-FX-3, V39)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from fx_settlement.domain.amounts import breaches_of_currency, exact
from fx_settlement.domain.matching import CollectorFacts, breaches_of_collector
from fx_settlement.publishers.money import announce_collection
from fx_settlement.store.journal import Posting, number_under, personal_balance_for_update, post
from fx_settlement.store.parameters import LimitedFxClasses
from fx_settlement.store.parties import bank_in_force, is_filed, qualification_value, subject
from fx_settlement.store.pilots import prefix_of
from fx_settlement.store.tables import CollectionRow, policy
from shared.act import Act
from shared.events.fx_settlement import CollectionBooked
from shared.policy import policy_of
from shared.rows import next_number, row_to_change
from shared.sealing import Sealer
from shared.vocabulary.errors import Refused
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.numbers import human_number
from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class Booked:
    """What the bank states; `amount` is gross of `bank_charges`, `buyer_id` the buyer for whom the payer paid."""

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
    payer_relation: str
    payer_evidence_hash: str


async def book_collection(
    session: AsyncSession, booked: Booked, *, bank_id: UUID, sealer: Sealer, act: Act
) -> CollectionRow:
    """The booked collection, nothing of it matched yet; or every reason why not."""
    if breaches := await _breaches(session, booked, bank_id, act):
        raise Refused(tuple(breaches))
    zero = Decimal(0)
    row = CollectionRow(
        id=uuid7(),
        pilot=act.pilot,
        number=human_number(await prefix_of(session, act.pilot), "CO", await next_number(session, "collection")),
        version=0,
        bank_id=bank_id,
        bank_reference=booked.bank_reference,
        collector_id=booked.collector_id,
        account_kind=booked.account_kind,
        method=booked.method,
        currency=booked.currency,
        amount=booked.amount,
        bank_charges=booked.bank_charges,
        matched=zero,
        refunded=zero,
        linked=zero,
        received_on=booked.received_on,
        payer=sealer.seal(booked.payer, purpose="payer", mask=booked.payer[:1] + "***"),
        buyer_id=booked.buyer_id,
        payer_relation=booked.payer_relation,
        payer_evidence_hash=booked.payer_evidence_hash,
    )
    session.add(row)
    await session.flush()
    net = row.amount - row.bank_charges
    postings = [
        Posting(held_at(row), row.currency, net),
        Posting(f"charges:{row.collector_id}", row.currency, row.bank_charges),
        Posting(f"unmatched:{row.collector_id}", row.currency, -row.amount),
    ]
    await post(session, postings, reference=f"collection:{row.number}", act=act)
    if row.account_kind == "personal":
        balance = await personal_balance_for_update(session, row.collector_id, row.currency, act.pilot)
        balance.balance += net
    await announce_collection(session, row, CollectionBooked, act=act)
    return row


def held_at(row: CollectionRow) -> str:
    """The journal account where the collected money lies."""
    return f"personal:{row.collector_id}" if row.account_kind == "personal" else f"bank:{row.bank_id}"


async def _breaches(session: AsyncSession, booked: Booked, bank_id: UUID, act: Act) -> list[Breach]:
    today = legal_date(act.now)
    breaches = [
        *breaches_of_currency(booked.currency),
        *breaches_of_collector(await _collector(session, booked, act)),
    ]
    if not await bank_in_force(session, bank_id, act.pilot, today):
        breaches.append(Breach("bank_not_filed", "R-FILE-9"))
    if booked.received_on > today:
        breaches.append(Breach("date_in_the_future", "V16", "/received_on"))
    if exact(booked.amount, booked.currency) <= 0:
        breaches.append(Breach("amount_not_positive", "R-FX-1", "/amount"))
    charges = exact(booked.bank_charges, booked.currency)
    if charges != booked.bank_charges or not 0 <= charges < booked.amount:
        breaches.append(Breach("charges_wrong", "V37", "/bank_charges"))
    if (booked.currency == "CNY") != (booked.method == "rmb"):
        breaches.append(Breach("method_disagrees_with_currency", "R-FX-6", "/method"))
    number = await number_under(session, bank_id, booked.bank_reference)
    if number is not None:
        breaches.append(Breach("bank_reference_used", "V39", "/bank_reference", {"number": number}))
    return breaches


async def _collector(session: AsyncSession, booked: Booked, act: Act) -> CollectorFacts:
    collector = await subject(session, booked.collector_id, act.pilot)
    on = booked.received_on
    limited = (await policy_of(session, policy, act.pilot)).on(LimitedFxClasses, on).value
    if collector is None:
        return CollectorFacts(False, False, None, False, booked.account_kind)
    return CollectorFacts(
        known=is_filed(collector),
        natural_person=collector.natural_person,
        fx_class=qualification_value(collector, "fx_directory", on),
        has_personal_account=qualification_value(collector, "personal_fx_account", on) is not None,
        account_kind=booked.account_kind,
        limited_classes=limited,
    )


async def booked_collection(
    session: AsyncSession, collection_id: UUID, *, bank_id: UUID, version: int | None, act: Act
) -> CollectionRow:
    """The locked collection at the version the caller saw (any, where None), if its bank booked it."""

    def own(row: CollectionRow) -> bool:
        return row.bank_id == bank_id

    return await row_to_change(
        session, CollectionRow, collection_id, pilot=act.pilot, version=version, what="collection", own=own
    )
