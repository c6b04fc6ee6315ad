"""Write matches: what the collector keeps, or owes its principals net of charges, after claims are set off."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.accounts import liability_account
from fx_settlement.store.accounts import account_of
from fx_settlement.store.at_bank import Account
from fx_settlement.store.journal import Entry, Posting, write_entries
from fx_settlement.store.payables import open_claims, payables_for_update
from fx_settlement.store.tables import CollectionRow, MatchRow, PayableRow
from shared.act import Act


async def owe_principals(
    session: AsyncSession, collection: CollectionRow, matches: Sequence[MatchRow], *, act: Act
) -> None:
    """Add the matches with their journal entries; the caller holds the collection's lock."""
    agent, currency = collection.collector_id, collection.currency
    keys = {(agent, match.owner_id, currency) for match in matches if match.owner_id != agent}
    payables = await payables_for_update(session, keys, collection.pilot)
    session.add_all(matches)
    entries = []
    for match in matches:
        postings = [
            Posting(f"unmatched:{agent}", currency, match.amount),
            Posting(f"charges:{agent}", currency, -match.charges),
            Posting(liability_account(agent, match.owner_id), currency, match.charges - match.amount),
        ]
        entries.append(Entry(f"match:{match.id}", postings))
        payable = payables.get((agent, match.owner_id, currency))
        if payable is not None:
            payable.collected += match.amount
            payable.charges += match.charges
            if payable.claims:
                await _set_off(session, payable, match, (collection.bank_id, account_of(collection)), act)
    await write_entries(session, entries, act=act)
    await session.flush()


async def _set_off(session: AsyncSession, payable: PayableRow, match: MatchRow, account: Account, act: Act) -> None:
    """Deduct what the principal owes back from a refund of the same account from what it is owed there now (V41)."""
    left = match.amount - match.charges
    key = (payable.principal_id, payable.agent_id, payable.currency)
    for claim in await open_claims(session, *key, account=account):
        settled = min(claim.amount - claim.settled, left)
        if settled <= Decimal(0):
            return
        left -= settled
        claim.settled += settled
        payable.claims -= settled
        postings = [
            Posting(f"payable:{payable.agent_id}:{payable.principal_id}", payable.currency, settled),
            Posting(f"claim:{payable.principal_id}", payable.currency, -settled),
        ]
        await write_entries(session, [Entry(f"set_off:{claim.id}", postings)], act=act)
        await session.flush()
