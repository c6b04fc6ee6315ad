"""Publish a version of a commodity list: a header event, then one event per entry (R-GOODS-1)."""

from __future__ import annotations

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from registry.domain.commodities import breaches_of_entries
from registry.store.commodities import next_list_version
from registry.store.documents import ListEntry, ListKind
from registry.store.tables import CommodityListRow
from shared.act import Act
from shared.events.registry import CommodityEntryPublished, CommodityListPublished
from shared.messaging.outbox import announce
from shared.rows import model_from
from shared.vocabulary.errors import Refused


async def publish_commodity_list(
    session: AsyncSession,
    *,
    kind: ListKind,
    effective_from: date,
    source: str,
    entries: tuple[ListEntry, ...],
    act: Act,
) -> CommodityListRow:
    """The published version; each has an id of its own, so that its events are one short sequence."""
    if breaches := breaches_of_entries(kind, [entry.verdict for entry in entries]):
        raise Refused(breaches)
    version = await next_list_version(session, act.pilot, kind)
    row = CommodityListRow(
        id=uuid7(),
        pilot=act.pilot,
        kind=kind,
        version=version,
        effective_from=effective_from,
        source=source,
        entries=entries,
        published_at=act.now,
    )
    session.add(row)
    header = model_from(CommodityListPublished, row, list_id=row.id, entry_count=len(entries))
    await announce(session, header, key=row.id, sequence=1, act=act)
    for number, entry in enumerate(entries, 1):
        said = CommodityEntryPublished(
            list_id=row.id, version=version, entry_no=number, effective_from=effective_from, **entry.model_dump()
        )
        await announce(session, said, key=row.id, sequence=number + 1, act=act)
    return row
