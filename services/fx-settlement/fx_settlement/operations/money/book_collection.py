"""A filed bank books a receipt (收汇): once per bank reference, to a collector who may (R-FX-2, R-FX-3, V39)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from fx_settlement.domain.accounts import money_account
from fx_settlement.domain.amounts import breaches_of_currency
from fx_settlement.domain.banks import breaches_of_bank, breaches_of_reference
from fx_settlement.domain.booking import ReceiptFacts, breaches_of_receipt
from fx_settlement.domain.matching import CollectorFacts, breaches_of_collector
from fx_settlement.publishers.money import announce_collection
from fx_settlement.store.journal import Entry, Posting, number_under, write_entries
from fx_settlement.store.parameters import LimitedFxClasses
from fx_settlement.store.parties import bank_in_force, is_filed, qualification_value, subject
from fx_settlement.store.personal_balances import personal_balance_for_update
from fx_settlement.store.pilots import prefix_of
from fx_settlement.store.tables import CollectionRow, policy
from shared.act import Act
from shared.events.fx_settlement import CollectionBooked
from shared.policy import policy_of
from shared.rows import next_number
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
        raise Refused(breaches)
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
        Posting(money_account(row.collector_id, bank_id, row.account_kind), row.currency, net),
        Posting(f"charges:{row.collector_id}", row.currency, row.bank_charges),
        Posting(f"unmatched:{row.collector_id}", row.currency, -row.amount),
    ]
    await write_entries(session, [Entry(f"collection:{row.number}", postings)], act=act)
    if row.account_kind == "personal":
        balance = await personal_balance_for_update(session, row.collector_id, row.currency, act.pilot)
        balance.balance += net
    await announce_collection(session, row, CollectionBooked, act=act)
    return row


async def _breaches(session: AsyncSession, booked: Booked, bank_id: UUID, act: Act) -> tuple[Breach, ...]:
    today = legal_date(act.now)
    receipt = ReceiptFacts(
        amount=booked.amount,
        charges=booked.bank_charges,
        currency=booked.currency,
        method=booked.method,
        in_the_future=booked.received_on > today,
    )
    return (
        *breaches_of_currency(booked.currency),
        *breaches_of_collector(await _collector(session, booked, act)),
        *breaches_of_bank(await bank_in_force(session, bank_id, act.pilot, today)),
        *breaches_of_receipt(receipt),
        *breaches_of_reference(await number_under(session, bank_id, booked.bank_reference)),
    )


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
