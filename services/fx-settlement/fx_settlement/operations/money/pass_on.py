"""An agent passes collected money on to its principal, in currency or as RMB (划转, R-FX-4, V42)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from fx_settlement.domain.amounts import breaches_of_currency, exact
from fx_settlement.domain.banks import breaches_of_bank, breaches_of_reference
from fx_settlement.domain.payables import owed_on
from fx_settlement.domain.places import breaches_of_account, the_one
from fx_settlement.domain.transfers import PassOnFacts, breaches_of_pass_on
from fx_settlement.store.at_bank import Account, PayableOnAccount, payables_on_accounts
from fx_settlement.store.journal import Entry, Posting, Quoted, number_under, rate_id_of, write_entries
from fx_settlement.store.parties import accounts_at, bank_in_force, is_client, is_filed, subject
from fx_settlement.store.payables import take_of_payable
from fx_settlement.store.personal_balances import personal_balance_for_update
from fx_settlement.store.pilots import prefix_of
from fx_settlement.store.tables import PassOnRow, SubjectCopy
from shared.act import Act
from shared.events.fx_settlement import PassedOn
from shared.messaging.outbox import announce
from shared.rows import model_from, next_number
from shared.vocabulary.errors import Refused
from shared.vocabulary.identifiers import first_account
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.money import rounded
from shared.vocabulary.numbers import human_number
from shared.vocabulary.rules import Breach

Lying = Mapping[Account, PayableOnAccount]


@dataclass(frozen=True, slots=True)
class ToPassOn:
    """What the bank transfers; as RMB it names the bank's rate.

    `account_id` is the agent's, `principal_account_id` the personal one that currency reaches; either may be left out
    where its party has one at the bank.
    """

    agent_id: UUID
    principal_id: UUID
    currency: str
    amount: Decimal
    paid_as: str
    rate: Decimal | None
    paid_on: date
    bank_reference: str
    account_id: UUID | None = None
    principal_account_id: UUID | None = None


async def pass_on(session: AsyncSession, wanted: ToPassOn, *, bank_id: UUID, act: Act) -> PassOnRow:
    """The transfer, never more than is owed; or every reason why not."""
    key = (wanted.agent_id, wanted.principal_id, wanted.currency)
    taken = await take_of_payable(session, key, wanted.amount, act.pilot)
    # Only from the account that holds the money it goes on; the counter, held by now, covers all accounts.
    lying = (await payables_on_accounts(session, [key], act.pilot, bank_id=bank_id))[key]
    principal = await _principal(session, wanted.principal_id, lying, bank_id, act)
    breaches = await _breaches(session, wanted, principal, bank_id, act)
    account_id, here, unclear = await _owed_here(session, wanted, lying, bank_id, act)
    if not taken or (wanted.amount > here and not unclear):
        breaches.append(Breach("pass_on_over_payable", "R-FX-4", "/amount"))
    breaches = [*unclear, *breaches]
    to_personal = _reaches_personal(wanted, principal)
    reached = None
    if to_personal:
        reached, unclear = _account_reached(wanted, principal, bank_id)
        breaches += unclear
    if principal is None or breaches:
        raise Refused(tuple(breaches))
    wanted = replace(wanted, account_id=account_id, principal_account_id=reached)
    row = await _row(session, wanted, bank_id, act)
    session.add(row)
    await session.flush()
    await write_entries(session, [Entry(f"pass_on:{row.number}", _postings(row, to_personal))], act=act)
    if to_personal:
        balance = await personal_balance_for_update(session, row.principal_id, row.currency, act.pilot)
        balance.balance += row.amount
    await announce(session, model_from(PassedOn, row, pass_on_id=row.id), key=row.id, sequence=1, act=act)
    return row


async def _principal(
    session: AsyncSession, principal_id: UUID, lying: Lying, bank_id: UUID, act: Act
) -> SubjectCopy | None:
    """The principal if the bank knows it: as its client, or by money that came in here for it (V65)."""
    known = any(part.collected for part in lying.values())
    if not known and not await is_client(session, principal_id, bank_id, legal_date(act.now)):
        return None
    return await subject(session, principal_id, act.pilot)


async def _owed_here(
    session: AsyncSession, wanted: ToPassOn, lying: Lying, bank_id: UUID, act: Act
) -> tuple[UUID, Decimal, tuple[Breach, ...]]:
    """The agent's account that is meant, what is owed of it, and why it isn't clear; an ended one with money counts."""
    filled = {account_id for (_, account_id), part in lying.items() if owed_on(part) > 0}
    agent = await subject(session, wanted.agent_id, act.pilot)
    of_party = filled.union(accounts_at(agent, bank_id))
    usable = filled.union(accounts_at(agent, bank_id, on=wanted.paid_on))
    breaches = breaches_of_account(wanted.account_id, of_party=of_party, usable=usable)
    account_id = the_one(wanted.account_id, usable, otherwise=first_account(wanted.agent_id, bank_id))
    return account_id, owed_on(lying.get((bank_id, account_id), PayableOnAccount())), breaches


def _reaches_personal(wanted: ToPassOn, principal: SubjectCopy | None) -> bool:
    """Whether currency reaches an individual, in its personal account at the bank."""
    return principal is not None and principal.natural_person and wanted.paid_as == "fx" and wanted.currency != "CNY"


def _account_reached(wanted: ToPassOn, principal: SubjectCopy | None, bank_id: UUID) -> tuple[UUID, tuple[Breach, ...]]:
    """The principal's personal account that is meant, and why it isn't clear."""
    usable = accounts_at(principal, bank_id, kind="personal", on=wanted.paid_on)
    named, at = wanted.principal_account_id, "/principal_account_id"
    breaches = breaches_of_account(named, of_party=usable, usable=usable, at=at)
    return the_one(named, usable, otherwise=first_account(wanted.principal_id, bank_id)), breaches


async def _row(session: AsyncSession, wanted: ToPassOn, bank_id: UUID, act: Act) -> PassOnRow:
    rate_id, rmb = None, wanted.amount if wanted.currency == "CNY" else None
    if wanted.rate is not None:
        source = f"bank:{bank_id}:{wanted.bank_reference}"
        quoted = Quoted(source, wanted.currency, "CNY", wanted.paid_on, wanted.rate)
        rate_id = str(await rate_id_of(session, quoted, act.pilot))
        rmb = rounded(wanted.amount * wanted.rate, "CNY")
    return PassOnRow(
        id=uuid7(),
        pilot=act.pilot,
        number=human_number(await prefix_of(session, act.pilot), "PO", await next_number(session, "pass_on")),
        bank_id=bank_id,
        bank_reference=wanted.bank_reference,
        agent_id=wanted.agent_id,
        account_id=wanted.account_id,
        principal_id=wanted.principal_id,
        principal_account_id=wanted.principal_account_id,
        currency=wanted.currency,
        amount=wanted.amount,
        paid_as=wanted.paid_as,
        rmb_amount=rmb,
        rate=wanted.rate,
        rate_id=rate_id,
        paid_on=wanted.paid_on,
    )


def _postings(row: PassOnRow, to_personal: bool) -> list[Posting]:
    postings = [
        Posting(f"payable:{row.agent_id}:{row.principal_id}", row.currency, row.amount),
        Posting(f"bank:{row.bank_id}", row.currency, -row.amount),
    ]
    if to_personal:
        postings += [
            Posting(f"personal:{row.principal_id}", row.currency, row.amount),
            Posting(f"settled:{row.principal_id}", row.currency, -row.amount),
        ]
    if row.rate is not None and row.rmb_amount is not None:
        postings += [
            Posting(f"paid_out:{row.principal_id}", "CNY", row.rmb_amount),
            Posting(f"conversion:{row.bank_id}", "CNY", -row.rmb_amount),
        ]
    return postings


async def _breaches(
    session: AsyncSession, wanted: ToPassOn, principal: SubjectCopy | None, bank_id: UUID, act: Act
) -> list[Breach]:
    on, today = wanted.paid_on, legal_date(act.now)
    facts = PassOnFacts(
        principal_known=principal is not None and is_filed(principal),
        principal_is_natural=principal is not None and principal.natural_person,
        principal_has_personal_account=bool(accounts_at(principal, bank_id, kind="personal", on=on)),
        amount=exact(wanted.amount, wanted.currency),
        currency=wanted.currency,
        paid_as=wanted.paid_as,
        rate_named=wanted.rate is not None,
        in_the_future=on > today,
    )
    return [
        *breaches_of_currency(wanted.currency),
        *breaches_of_pass_on(facts),
        *breaches_of_bank(await bank_in_force(session, bank_id, act.pilot, today)),
        *breaches_of_reference(await number_under(session, bank_id, wanted.bank_reference)),
    ]
