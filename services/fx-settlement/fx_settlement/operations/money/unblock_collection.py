"""Let go of blocked money, as far as nothing blocks it any more, and end its case (R-DECL-7)."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.accounts import blocked_account, money_account
from fx_settlement.domain.booking import who_unblocks
from fx_settlement.store.conflicts import end_case, open_conflict_of_collection
from fx_settlement.store.journal import Entry, Posting, write_entries
from fx_settlement.store.personal_balances import personal_balance_for_update
from fx_settlement.store.tables import CollectionRow
from shared.act import Act


async def unblock_collection(
    session: AsyncSession, row: CollectionRow, blocked_by: tuple[str, ...], *, reason: str, evidence_hash: str, act: Act
) -> None:
    """What still blocks it is written down; once nothing does, the money moves to its account and the case is closed.

    The caller holds the collection's lock, and announces it.
    """
    case = await open_conflict_of_collection(session, row.id)
    row.blocked_by = blocked_by
    if case is None:
        return
    if blocked_by:
        case.detail, case.must_act = ", ".join(blocked_by), who_unblocks(blocked_by)
        return
    end_case(case, reason=reason, evidence_hash=evidence_hash, act=act)
    still = max(row.amount - row.bank_charges - row.refunded, Decimal(0))
    account = money_account(row.collector_id, row.bank_id, row.account_kind)
    postings = [
        Posting(account, row.currency, still),
        Posting(blocked_account(row.collector_id, row.bank_id), row.currency, -still),
    ]
    await write_entries(session, [Entry(f"unblocked:{row.number}", postings)], act=act)
    if row.account_kind == "personal":
        balance = await personal_balance_for_update(session, row.collector_id, row.currency, row.pilot)
        balance.balance += still
