"""A filed bank books a receipt (收汇), once per reference; what may not be used yet is blocked (R-FX-2, R-DECL-7)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from fx_settlement.domain.accounts import blocked_account, money_account
from fx_settlement.domain.amounts import breaches_of_currency
from fx_settlement.domain.banks import breaches_of_bank, breaches_of_reference
from fx_settlement.domain.booking import ReceiptFacts, blocking, breaches_of_receipt, who_unblocks
from fx_settlement.domain.places import breaches_of_account, the_one
from fx_settlement.operations.money.judge_receipt import judge_receipt
from fx_settlement.publishers.money import announce_collection
from fx_settlement.store.journal import Entry, Posting, number_under, write_entries
from fx_settlement.store.parties import accounts_at, bank_in_force, subject
from fx_settlement.store.personal_balances import personal_balance_for_update
from fx_settlement.store.pilots import prefix_of
from fx_settlement.store.sealed import COLLECTIONS, PAYER
from fx_settlement.store.tables import CollectionRow, ConflictRow
from shared.act import Act
from shared.events.fx_settlement import CollectionBooked
from shared.rows import next_number
from shared.sealing import Sealer
from shared.vocabulary.errors import Refused
from shared.vocabulary.identifiers import first_account
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.numbers import human_number
from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class Booked:
    """What the bank states; `amount` is gross of `bank_charges`, `buyer_id` the buyer for whom the payer paid.

    `account_id` may be left out where the collector has one account at the bank.
    """

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
    account_id: UUID | None = None


async def book_collection(
    session: AsyncSession, booked: Booked, *, bank_id: UUID, sealer: Sealer, act: Act
) -> CollectionRow:
    """The booked collection, nothing of it matched yet; or every reason why not.

    Money that lies at the bank is recorded even where class, directory, account or payer forbid to use it: blocked,
    with a conflict case (R-DECL-7).
    """
    booked, unclear = await _on_account(session, booked, bank_id, act)
    breaches = (*unclear, *await _breaches(session, booked, bank_id, act))
    blocked_by = blocking(breaches)
    if len(blocked_by) < len(breaches):
        # What would only block goes last: the first breach gives the refusal its code.
        raise Refused(tuple(sorted(breaches, key=lambda each: each.code in blocked_by)))
    zero = Decimal(0)
    collection_id = uuid7()
    key = sealer.new_row_key(COLLECTIONS, collection_id)
    row = CollectionRow(
        id=collection_id,
        pilot=act.pilot,
        number=human_number(await prefix_of(session, act.pilot), "CO", await next_number(session, "collection")),
        version=0,
        bank_id=bank_id,
        bank_reference=booked.bank_reference,
        collector_id=booked.collector_id,
        account_kind=booked.account_kind,
        account_id=booked.account_id,
        method=booked.method,
        currency=booked.currency,
        amount=booked.amount,
        bank_charges=booked.bank_charges,
        matched=zero,
        refunded=zero,
        linked=zero,
        received_on=booked.received_on,
        payer=key.seal(booked.payer, PAYER, mask=booked.payer[:1] + "***"),
        data_key=key.wrapped,
        buyer_id=booked.buyer_id,
        payer_relation=booked.payer_relation,
        payer_evidence_hash=booked.payer_evidence_hash,
        blocked_by=blocked_by,
    )
    session.add(row)
    await session.flush()
    net = row.amount - row.bank_charges
    account = money_account(row.collector_id, bank_id, row.account_kind)
    postings = [
        Posting(blocked_account(row.collector_id, bank_id) if blocked_by else account, row.currency, net),
        Posting(f"charges:{row.collector_id}", row.currency, row.bank_charges),
        Posting(f"unmatched:{row.collector_id}", row.currency, -row.amount),
    ]
    await write_entries(session, [Entry(f"collection:{row.number}", postings)], act=act)
    if blocked_by:
        session.add(_case(row, act))
    elif row.account_kind == "personal":
        balance = await personal_balance_for_update(session, row.collector_id, row.currency, act.pilot)
        balance.balance += net
    await announce_collection(session, row, CollectionBooked, act=act)
    return row


async def _on_account(
    session: AsyncSession, booked: Booked, bank_id: UUID, act: Act
) -> tuple[Booked, tuple[Breach, ...]]:
    """The receipt with its account; a collector without one gets it on the account that it files first at the bank."""
    collector = await subject(session, booked.collector_id, act.pilot)
    of_party = accounts_at(collector, bank_id, kind=booked.account_kind)
    usable = accounts_at(collector, bank_id, kind=booked.account_kind, on=booked.received_on) or of_party
    breaches = breaches_of_account(booked.account_id, of_party=of_party, usable=usable)
    account_id = the_one(booked.account_id, usable, otherwise=first_account(booked.collector_id, bank_id))
    if breaches and usable:
        # What is unclear is told once: any of its accounts shows what else is wrong.
        account_id = usable[0]
    return replace(booked, account_id=account_id), breaches


def _case(row: CollectionRow, act: Act) -> ConflictRow:
    return ConflictRow(
        id=uuid7(),
        pilot=row.pilot,
        collection_id=row.id,
        code="collection_blocked",
        detail=", ".join(row.blocked_by),
        must_act=who_unblocks(row.blocked_by),
        opened_at=act.now,
    )


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
        *await judge_receipt(session, booked, act.pilot, bank_id=bank_id),
        *breaches_of_bank(await bank_in_force(session, bank_id, act.pilot, today)),
        *breaches_of_receipt(receipt),
        *breaches_of_reference(await number_under(session, bank_id, booked.bank_reference)),
    )
