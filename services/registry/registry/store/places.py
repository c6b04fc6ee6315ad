"""Questions about pilots, banks, sites, ports and commodity lists."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.recognition import Entry, in_force
from registry.store.tables import CommodityDecisionRow, CommodityListRow, PlaceRow, RecognitionTaskRow


async def place_for_update(session: AsyncSession, place_id: str) -> PlaceRow | None:
    """A place, locked until commit."""
    return await session.get(PlaceRow, place_id, with_for_update=True, populate_existing=True)


async def pilot_row(session: AsyncSession, pilot: str) -> PlaceRow | None:
    """The pilot's own data."""
    return await session.get(PlaceRow, f"pilot:{pilot}")


async def places_of(session: AsyncSession, pilot: str, kind: str) -> list[PlaceRow]:
    """All places of a kind."""
    query = select(PlaceRow).where(PlaceRow.pilot == pilot, PlaceRow.kind == kind).order_by(PlaceRow.id)
    return list((await session.execute(query)).scalars())


async def newest_list_version(session: AsyncSession, pilot: str, kind: str) -> int:
    """The version number published last, 0 before the first."""
    query = select(func.max(CommodityListRow.version)).where(
        CommodityListRow.pilot == pilot, CommodityListRow.kind == kind
    )
    return await session.scalar(query) or 0


async def entries_in_force(session: AsyncSession, pilot: str, day: date) -> list[Entry]:
    """The entries of the newest list of each kind in force, and remembered decisions."""
    lists = select(CommodityListRow).where(CommodityListRow.pilot == pilot, CommodityListRow.effective_from <= day)
    newest: dict[str, CommodityListRow] = {}
    for row in (await session.execute(lists.order_by(CommodityListRow.version))).scalars():
        newest[row.kind] = row
    entries = [
        Entry(
            entry=f"{row.kind}@{row.version}#{number}",
            hs_prefix=each["hs_prefix"],
            keywords=tuple(each["keywords"]),
            verdict=each["verdict"],
            reason=each["reason"],
            reason_zh=each["reason_zh"],
        )
        for row in newest.values()
        for number, each in enumerate(row.entries, 1)
    ]
    decided = select(CommodityDecisionRow).where(
        CommodityDecisionRow.pilot == pilot,
        CommodityDecisionRow.effective_from <= day,
        or_(CommodityDecisionRow.expires_on.is_(None), CommodityDecisionRow.expires_on >= day),
    )
    for made in (await session.execute(decided.order_by(CommodityDecisionRow.id.desc()))).scalars():
        if in_force(made.effective_from, made.expires_on, day):
            entries.append(
                Entry(
                    f"decision:{made.id}",
                    made.hs_code,
                    (made.goods_name,),
                    made.verdict,
                    made.reason,
                    made.reason,
                    True,
                )
            )
    return entries


async def open_tasks(session: AsyncSession, pilot: str) -> list[RecognitionTaskRow]:
    """The trade lines that wait for a decision, oldest first."""
    query = select(RecognitionTaskRow).where(RecognitionTaskRow.pilot == pilot, RecognitionTaskRow.closed_at.is_(None))
    return list((await session.execute(query.order_by(RecognitionTaskRow.line_id))).scalars())


async def tasks_of_trade(session: AsyncSession, trade_id: UUID) -> list[RecognitionTaskRow]:
    """The tasks that a trade's lines opened."""
    query = select(RecognitionTaskRow).where(RecognitionTaskRow.trade_id == trade_id)
    return list((await session.execute(query)).scalars())
