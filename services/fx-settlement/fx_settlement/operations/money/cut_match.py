"""Undo a match, or a part of it: the export's room and the collection's money are free again (V41)."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from fx_settlement.domain.accounts import liability_account
from fx_settlement.domain.shares import NOTHING, Share, share_of
from fx_settlement.store.journal import Entry, Posting
from fx_settlement.store.matches import Cut, OwedHere
from fx_settlement.store.room_moves import Move
from fx_settlement.store.tables import ClaimRow, CollectionRow, MatchRow, PortionRoomRow
from shared.act import Act
from shared.rows import columns_from

_ZERO = Decimal(0)


def cut_match(
    session: AsyncSession,
    match: MatchRow,
    collection: CollectionRow,
    room: PortionRoomRow,
    owed: OwedHere | None,
    kept: Share,
    *,
    claims: bool = False,
    act: Act,
) -> Cut | None:
    """Reduce the match to `kept`, with money passed on already claimed back if `claims`.

    What lies on another account pays none of it: the claim is for what was passed on from this one.
    Returns None, changing nothing, if there is nothing to free or a claim would be needed but `claims` is false.
    The caller holds the locks of declaration, collection and payable, and writes the cuts (`write_cuts`).
    """
    freed = share_of(match).less(kept)
    missing = _ZERO if owed is None else max(freed.amount - freed.charges - owed.left, _ZERO)
    if freed == NOTHING or (missing and not claims):
        return None
    match.unmatched_at = act.now
    if kept != NOTHING:
        session.add(_rest(match, kept, act))
    collection.matched -= freed.amount
    reference = f"unmatch:{match.id}"
    liability = liability_account(collection.collector_id, match.owner_id)
    postings = [
        Posting(liability, collection.currency, freed.amount - freed.charges),
        Posting(f"charges:{collection.collector_id}", collection.currency, freed.charges),
        Posting(f"unmatched:{collection.collector_id}", collection.currency, -freed.amount),
        Posting(f"claim:{match.owner_id}", collection.currency, missing),
        Posting(liability, collection.currency, -missing),
    ]
    if owed is not None:
        owed.payable.claims += missing
        owed.payable.collected -= freed.amount
        owed.payable.charges -= freed.charges
        owed.here -= freed.amount - freed.charges - missing
    if missing:
        session.add(_claim(match, collection, missing, act))
    back = Move(room, reference, matched=-freed.value, matched_usd=-freed.value_usd)
    return Cut(back, Entry(reference, postings))


def _rest(match: MatchRow, kept: Share, act: Act) -> MatchRow:
    changed = {"id": uuid7(), **asdict(kept), "matched_at": act.now, "unmatched_at": None}
    return MatchRow(**columns_from(MatchRow, match, **changed))


def _claim(match: MatchRow, collection: CollectionRow, missing: Decimal, act: Act) -> ClaimRow:
    return ClaimRow(
        id=uuid7(),
        pilot=match.pilot,
        collection_id=collection.id,
        debtor_id=match.owner_id,
        creditor_id=collection.collector_id,
        currency=collection.currency,
        amount=missing,
        settled=_ZERO,
        opened_at=act.now,
    )
