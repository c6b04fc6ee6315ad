"""An individual converts foreign exchange from a personal account (结汇, R-FX-5, V43)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from fx_settlement.domain.amounts import breaches_of_currency, exact
from fx_settlement.domain.banks import breaches_of_bank, breaches_of_reference
from fx_settlement.domain.conversion import ConversionFacts, breaches_of_conversion, breaches_of_proof_number
from fx_settlement.domain.payables import lying_here
from fx_settlement.domain.places import breaches_of_account, the_one
from fx_settlement.domain.spreading import Number
from fx_settlement.store.at_bank import balances_on_accounts
from fx_settlement.store.conversions import converted_on_proof, converted_under, lock_proof, matched_on
from fx_settlement.store.documents import QuotaStatement
from fx_settlement.store.journal import Entry, Posting, Quoted, number_under, rate_id_of, write_entries
from fx_settlement.store.parties import accounts_at, bank_in_force, is_client, subject
from fx_settlement.store.personal_balances import personal_balance_for_update
from fx_settlement.store.pilots import prefix_of
from fx_settlement.store.rooms import portions_under, portions_with_money_of
from fx_settlement.store.tables import ConversionRow, SubjectCopy
from shared.act import Act
from shared.events.fx_settlement import Converted
from shared.messaging.outbox import announce
from shared.rows import model_from, next_number
from shared.vocabulary.errors import Hidden, NotFound, Refused
from shared.vocabulary.identifiers import first_account
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
    """What the bank converts: with proof (matched portions or a document), or within the quota the bank states.

    A number among the proofs stands for the portions under it that the holder owns or collects for. `account_id` may
    be left out where the holder has one personal account at the bank.
    """

    holder_id: UUID
    currency: str
    amount: Decimal
    rate: Decimal
    proof_portion_ids: tuple[UUID, ...]
    proof_document: Document | None
    quota_statement: QuotaStatement | None
    converted_on: date
    bank_reference: str
    proof_numbers: tuple[Number, ...] = ()
    account_id: UUID | None = None


async def convert_currency(session: AsyncSession, wanted: ToConvert, *, bank_id: UUID, act: Act) -> ConversionRow:
    """The conversion, or every reason why not; the balance's lock orders a holder's conversions."""
    holder = await _require_client(session, wanted.holder_id, bank_id, act)
    wanted, unproven = await _with_portions(session, wanted, bank_id, act)
    number = await number_under(session, bank_id, wanted.bank_reference)
    if wanted.proof_document is not None:
        await lock_proof(session, wanted.proof_document.hash, act.pilot)
    balance = await personal_balance_for_update(session, wanted.holder_id, wanted.currency, act.pilot)
    account_id, held, unclear = await _held(session, wanted, holder, balance.balance, bank_id, act)
    breaches = await _breaches(session, wanted, holder, held, bank_id, act)
    if breaches := (*unclear, *unproven, *breaches, *breaches_of_reference(number)):
        raise Refused(breaches)
    source = f"bank:{bank_id}:{wanted.bank_reference}"
    quoted = Quoted(source, wanted.currency, "CNY", wanted.converted_on, wanted.rate)
    document = wanted.proof_document
    row = ConversionRow(
        id=uuid7(),
        pilot=act.pilot,
        number=human_number(await prefix_of(session, act.pilot), "CV", await next_number(session, "conversion")),
        bank_id=bank_id,
        bank_reference=wanted.bank_reference,
        holder_id=wanted.holder_id,
        account_id=account_id,
        currency=wanted.currency,
        amount=wanted.amount,
        rmb_amount=rounded(wanted.amount * wanted.rate, "CNY"),
        rate=wanted.rate,
        rate_id=str(await rate_id_of(session, quoted, act.pilot)),
        uses_quota=not wanted.proof_portion_ids and document is None,
        proof_portion_ids=wanted.proof_portion_ids,
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
    await write_entries(session, [Entry(f"conversion:{row.number}", postings)], act=act)
    await _announce(session, row, act)
    return row


async def _held(
    session: AsyncSession, wanted: ToConvert, holder: SubjectCopy, whole: Decimal, bank_id: UUID, act: Act
) -> tuple[UUID, Decimal, tuple[Breach, ...]]:
    """The account that is meant, what lies there, and why it isn't clear; an ended one with money may be meant, too."""
    key = (wanted.holder_id, wanted.currency)
    lying = (await balances_on_accounts(session, [key], act.pilot, bank_id=bank_id))[key]
    filled = {account_id for (_, account_id), part in lying.items() if part > 0}
    of_party = filled.union(accounts_at(holder, bank_id, kind="personal"))
    usable = filled.union(accounts_at(holder, bank_id, kind="personal", on=wanted.converted_on))
    breaches = breaches_of_account(wanted.account_id, of_party=of_party, usable=usable)
    account_id = the_one(wanted.account_id, usable, otherwise=first_account(wanted.holder_id, bank_id))
    # While the account isn't clear, only what exceeds all accounts is too much.
    held = whole if breaches else lying_here(whole, lying.get((bank_id, account_id), Decimal(0)))
    return account_id, held, breaches


async def _with_portions(
    session: AsyncSession, wanted: ToConvert, bank_id: UUID, act: Act
) -> tuple[ToConvert, tuple[Breach, ...]]:
    """The portions that the proof's numbers name beside those named by id; a breach for a number that names none."""
    ids, places = list(wanted.proof_portion_ids), Counter[str]()
    breaches: list[Breach] = []
    for number in wanted.proof_numbers:
        under = await portions_under(session, number, bank_id=bank_id, on=legal_date(act.now), pilot=act.pilot)
        own = [each for each, row in under.items() if wanted.holder_id in (row.owner_id, row.collector_id)]
        at = f"/proof_{number.kind}s/{places[number.kind]}"
        breaches += breaches_of_proof_number(number.text, len(own), at)
        places[number.kind] += 1
        ids += own
    return replace(wanted, proof_portion_ids=tuple(dict.fromkeys(ids))), tuple(breaches)


async def _require_client(session: AsyncSession, holder_id: UUID, bank_id: UUID, act: Act) -> SubjectCopy:
    """A bank converts only from accounts it keeps; any other account is answered like an unknown one (V65)."""
    holder = await subject(session, holder_id, act.pilot)
    # Asked of an unknown one too: an account at another bank takes as long.
    at_the_bank = await is_client(session, holder_id, bank_id, legal_date(act.now))
    if holder is None:
        raise NotFound(f"no subject {holder_id}")
    if not at_the_bank:
        raise Hidden(f"{holder_id} is no client of the bank")
    return holder


async def _announce(session: AsyncSession, row: ConversionRow, act: Act) -> None:
    stated = None if row.quota_statement is None else row.quota_statement.reference
    said = model_from(Converted, row, conversion_id=row.id, quota_statement_reference=stated)
    await announce(session, said, key=row.id, sequence=1, act=act)


async def _breaches(
    session: AsyncSession, wanted: ToConvert, holder: SubjectCopy, held: Decimal, bank_id: UUID, act: Act
) -> tuple[Breach, ...]:
    today = legal_date(act.now)
    facts = ConversionFacts(
        natural_person=holder.natural_person,
        foreign=wanted.currency != "CNY",
        amount=exact(wanted.amount, wanted.currency),
        balance=held,
        proof_value=await _proven(session, wanted, act.pilot),
        stated_quota=await _stated(session, wanted, bank_id),
        in_the_future=wanted.converted_on > today,
    )
    return (
        *breaches_of_currency(wanted.currency),
        *breaches_of_conversion(facts),
        *breaches_of_bank(await bank_in_force(session, bank_id, act.pilot, today)),
    )


async def _stated(session: AsyncSession, wanted: ToConvert, bank_id: UUID) -> Decimal | None:
    """What remains of the quota the bank stated, after earlier conversions under it (R-FX-5)."""
    statement = wanted.quota_statement
    if statement is None:
        return None
    return statement.remaining - await converted_under(
        session, statement.reference, holder_id=wanted.holder_id, bank_id=bank_id, currency=wanted.currency
    )


async def _proven(session: AsyncSession, wanted: ToConvert, pilot: str) -> Decimal | None:
    """The amount the proof still covers: earlier conversions on the same portions or document are deducted."""
    document, ids = wanted.proof_document, wanted.proof_portion_ids
    if not ids and document is None:
        return None
    proven = Decimal(0) if document is None else document.total
    # A portion of somebody else proves nothing, and nothing of it is told.
    own = await portions_with_money_of(session, ids, wanted.holder_id, pilot)
    proven += await matched_on(session, own, holder_id=wanted.holder_id, currency=wanted.currency, pilot=pilot)
    hashed = None if document is None else document.hash
    return proven - await converted_on_proof(session, own, hashed, currency=wanted.currency, pilot=pilot)
