"""Undo a match, or a part of it: the export's room and the collection's money are free again (V41)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from fx_settlement.domain.shares import NOTHING, Share
from fx_settlement.operations.rooms.move_room import Move, move_rooms
from fx_settlement.store.journal import Posting, entry, write_entries
from fx_settlement.store.tables import ClaimRow, CollectionRow, MatchRow, PayableRow, PortionRoomRow
from shared.act import Act

_ZERO = Decimal(0)


def share_of(match: MatchRow) -> Share:
    """What a match takes."""
    return Share(match.amount, match.charges, match.value, match.value_usd)


def owed_on(payable: PayableRow) -> Decimal:
    """What the agent still has of its principal's money."""
    return payable.collected + payable.claims - payable.charges - payable.passed_on


def liability_of(collection: CollectionRow, match: MatchRow) -> str:
    """The journal account that a match pays into."""
    if collection.collector_id == match.owner_id:
        return f"settled:{match.owner_id}"
    return f"payable:{collection.collector_id}:{match.owner_id}"


@dataclass(frozen=True, slots=True)
class Cut:
    """What a cut does to a room and to the books; `write_cuts` writes it."""

    move: Move
    entry: list[dict[str, Any]]


def cut_match(
    session: AsyncSession,
    match: MatchRow,
    collection: CollectionRow,
    room: PortionRoomRow,
    payable: PayableRow | None,
    kept: Share,
    *,
    claims: bool = False,
    act: Act,
) -> Cut | None:
    """Leave `kept` of the match. Money passed on already is claimed back with `claims`, else None and nothing done.

    The caller holds the locks of declaration, collection and payable, and has the cuts written.
    """
    freed = share_of(match).less(kept)
    missing = _ZERO if payable is None else max(freed.amount - freed.charges - owed_on(payable), _ZERO)
    if freed == NOTHING or (missing and not claims):
        return None
    match.unmatched_at = act.now
    if kept != NOTHING:
        session.add(_rest(match, kept, act))
    collection.matched -= freed.amount
    reference = f"unmatch:{match.id}"
    owed = liability_of(collection, match)
    postings = [
        Posting(owed, collection.currency, freed.amount - freed.charges),
        Posting(f"charges:{collection.collector_id}", collection.currency, freed.charges),
        Posting(f"unmatched:{collection.collector_id}", collection.currency, -freed.amount),
        Posting(f"claim:{match.owner_id}", collection.currency, missing),
        Posting(owed, collection.currency, -missing),
    ]
    if payable is not None:
        payable.claims += missing
        payable.collected -= freed.amount
        payable.charges -= freed.charges
    if missing:
        session.add(_claim(match, collection, missing, act))
    back = Move(room, reference, matched=-freed.value, matched_usd=-freed.value_usd)
    return Cut(back, entry(postings, reference=reference, act=act))


async def write_cuts(session: AsyncSession, cuts: Sequence[Cut], *, act: Act) -> None:
    """Free the rooms of all cuts and book them."""
    await move_rooms(session, [cut.move for cut in cuts], act=act)
    await write_entries(session, [row for cut in cuts for row in cut.entry])


def _rest(match: MatchRow, kept: Share, act: Act) -> MatchRow:
    same = (
        "pilot",
        "collection_id",
        "portion_id",
        "declaration_id",
        "owner_id",
        "declared_currency",
        "rate",
        "rate_id",
    )
    return MatchRow(
        id=uuid7(),
        amount=kept.amount,
        charges=kept.charges,
        value=kept.value,
        value_usd=kept.value_usd,
        matched_at=act.now,
        unmatched_at=None,
        **{name: getattr(match, name) for name in same},
    )


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
