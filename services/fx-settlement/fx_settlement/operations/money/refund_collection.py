"""Record that a bank sent money back (退汇): a fact, so it undoes matches as needed, claims money passed on (V41)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from fx_settlement.domain.accounts import blocked_account, money_account
from fx_settlement.domain.amounts import exact
from fx_settlement.domain.payables import lying_here
from fx_settlement.domain.refunds import RefundFacts, breaches_of_refund
from fx_settlement.domain.shares import kept_of, share_of
from fx_settlement.operations.money.cut_match import cut_match
from fx_settlement.operations.money.unblock_collection import unblock_collection
from fx_settlement.operations.money.unlink_advance import unlink_advance
from fx_settlement.operations.rooms.thaw_rooms import thaw_rooms
from fx_settlement.publishers.money import announce_collection
from fx_settlement.store.accounts import account_of
from fx_settlement.store.advances import advances_of, trade_room_for_update
from fx_settlement.store.at_bank import balances_on_accounts
from fx_settlement.store.journal import Entry, Posting, write_entries
from fx_settlement.store.matches import Cut, LockedCollection, matched_collection_to_change, write_cuts
from fx_settlement.store.parameters import RefundSpecialAfterDays
from fx_settlement.store.personal_balances import personal_balance_for_update
from fx_settlement.store.tables import ClaimRow, CollectionRow, RefundRow, policy
from shared.act import Act
from shared.events.fx_settlement import CollectionRefunded, CollectionUnmatched
from shared.policy import policy_of
from shared.vocabulary.errors import Refused
from shared.vocabulary.legal_time import legal_date


@dataclass(frozen=True, slots=True)
class ToRefund:
    """What the bank sent back, whether to the payer, and the evidence that the special path asks for."""

    amount: Decimal
    refunded_on: date
    to_payer: bool
    evidence_hash: str


async def refund_collection(
    session: AsyncSession, collection_id: UUID, wanted: ToRefund, *, version: int, bank_id: UUID, act: Act
) -> CollectionRow:
    """The collection after the refund, or every reason why not."""
    held = await matched_collection_to_change(session, collection_id, version=version, bank_id=bank_id, act=act)
    row = held.collection
    rules = await policy_of(session, policy, row.pilot)
    facts = RefundFacts(
        amount=exact(wanted.amount, row.currency),
        left=row.amount - row.refunded,
        days=(wanted.refunded_on - row.received_on).days,
        most_days=rules.on(RefundSpecialAfterDays, wanted.refunded_on).value,
        in_the_future=wanted.refunded_on > legal_date(act.now),
        to_payer=wanted.to_payer,
        evidence_hash=wanted.evidence_hash,
    )
    if breaches := breaches_of_refund(facts):
        raise Refused(breaches)
    await _unlink(session, row, wanted.amount)
    await _unmatch(session, held, wanted.amount, act)
    here = await _held_here(session, row)
    row.refunded += wanted.amount
    session.add(_refund(row, wanted))
    postings = [Posting(f"unmatched:{row.collector_id}", row.currency, wanted.amount)]
    postings += await _paid_from(session, row, wanted.amount, here, act)
    await write_entries(session, [Entry(f"refund:{row.number}", postings)], act=act)
    if row.blocked_by and row.refunded == row.amount:
        await unblock_collection(session, row, (), reason="refunded", evidence_hash=wanted.evidence_hash, act=act)
    await announce_collection(session, row, CollectionRefunded, act=act, reason=wanted.evidence_hash)
    return row


def _refund(row: CollectionRow, wanted: ToRefund) -> RefundRow:
    return RefundRow(
        id=uuid7(),
        pilot=row.pilot,
        collection_id=row.id,
        currency=row.currency,
        amount=wanted.amount,
        refunded_on=wanted.refunded_on,
        to_payer=wanted.to_payer,
        evidence_hash=wanted.evidence_hash,
    )


async def _unlink(session: AsyncSession, row: CollectionRow, amount: Decimal) -> None:
    """Unlink money kept for trades first, before matched money is touched."""
    for advance in await advances_of(session, row.id):
        missing = amount - (row.amount - row.matched - row.refunded - row.linked)
        if missing <= 0:
            return
        room = await trade_room_for_update(session, advance.trade_id)
        if room is not None:
            await unlink_advance(session, advance, row, room, missing)


async def _unmatch(session: AsyncSession, held: LockedCollection, amount: Decimal, act: Act) -> None:
    row = held.collection
    cuts: list[Cut] = []
    freed: set[UUID] = set()
    for match in held.matches:
        missing = amount - (row.amount - row.matched - row.refunded)
        if missing <= 0:
            break
        share = share_of(match)
        kept = kept_of(share, max(share.amount - missing, Decimal(0)), row.currency, match.declared_currency)
        room, owed = held.rooms[match.portion_id], held.owed_for(match)
        if (cut := cut_match(session, match, row, room, owed, kept, claims=True, act=act)) is not None:
            cuts.append(cut)
        freed.add(match.declaration_id)
    await write_cuts(session, cuts, act=act)
    if freed:
        await announce_collection(session, row, CollectionUnmatched, act=act, reason="refunded")
        await thaw_rooms(session, held.entitlements, freed, act=act)


async def _held_here(session: AsyncSession, row: CollectionRow) -> Decimal:
    """What the collection's personal account holds, locked; what lies on another account pays no refund."""
    if row.account_kind != "personal":
        return Decimal(0)
    balance = await personal_balance_for_update(session, row.collector_id, row.currency, row.pilot)
    key = (row.collector_id, row.currency)
    lying = (await balances_on_accounts(session, [key], row.pilot, bank_id=row.bank_id))[key]
    return lying_here(balance.balance, lying.get((row.bank_id, account_of(row)), Decimal(0)))


async def _paid_from(
    session: AsyncSession, row: CollectionRow, amount: Decimal, here: Decimal, act: Act
) -> list[Posting]:
    """Debit the receiving account; the bank pays what a personal account no longer holds, and claims it back."""
    account = money_account(row.collector_id, row.bank_id, row.account_kind)
    if row.blocked_by:
        return _paid_from_blocked(row, amount)
    if row.account_kind != "personal":
        return [Posting(account, row.currency, -amount)]
    balance = await personal_balance_for_update(session, row.collector_id, row.currency, row.pilot)
    paid = min(here, amount)
    balance.balance -= paid
    if amount > paid:
        session.add(
            ClaimRow(
                id=uuid7(),
                pilot=row.pilot,
                collection_id=row.id,
                debtor_id=row.collector_id,
                creditor_id=row.bank_id,
                currency=row.currency,
                amount=amount - paid,
                settled=Decimal(0),
                opened_at=act.now,
            )
        )
    return [Posting(account, row.currency, -paid), Posting(f"bank:{row.bank_id}", row.currency, paid - amount)]


def _paid_from_blocked(row: CollectionRow, amount: Decimal) -> list[Posting]:
    """Blocked money goes back from where it lies; the charges that were kept of it are the bank's to give back."""
    before = row.refunded - amount
    paid = min(max(row.amount - row.bank_charges - before, Decimal(0)), amount)
    return [
        Posting(blocked_account(row.collector_id, row.bank_id), row.currency, -paid),
        Posting(f"bank:{row.bank_id}", row.currency, paid - amount),
    ]
