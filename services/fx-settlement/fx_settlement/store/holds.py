"""Questions about holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.store.rooms import entitlements_for_update
from fx_settlement.store.tables import EntitlementRow, HoldLineRow, HoldRow
from shared.act import Act
from shared.rows import narrowed, row_to_change
from shared.scope import Scope, within


async def hold_as_it_is(session: AsyncSession, hold_id: UUID) -> HoldRow | None:
    """The hold; whoever changes one has its declarations' locks first, so under these it stays as it is."""
    return await session.get(HoldRow, hold_id, populate_existing=True)


@dataclass(frozen=True, slots=True)
class LockedHold:
    """A hold locked together with the declarations on which it reserves room."""

    hold: HoldRow
    lines: list[HoldLineRow]
    entitlements: dict[UUID, EntitlementRow]


async def hold_to_change(session: AsyncSession, hold_id: UUID, *, bank_id: UUID, act: Act) -> LockedHold:
    """The hold, if the caller's bank placed it; declarations are locked first."""
    lines = await lines_of(session, hold_id)
    entitlements = await entitlements_for_update(session, {line.declaration_id for line in lines})

    def own(row: HoldRow) -> bool:
        return row.bank_id == bank_id

    hold = await row_to_change(session, HoldRow, hold_id, pilot=act.pilot, version=None, what="hold", own=own)
    return LockedHold(hold, lines, entitlements)


async def lines_of(session: AsyncSession, hold_id: UUID) -> list[HoldLineRow]:
    """What a hold reserves; it never changes."""
    query = select(HoldLineRow).where(HoldLineRow.hold_id == hold_id).order_by(HoldLineRow.portion_id)
    return list((await session.execute(query)).scalars())


async def open_holds_on(session: AsyncSession, portion_ids: Iterable[UUID]) -> list[UUID]:
    """The holds in force on some portions, newest first."""
    query = select(HoldRow.id).where(
        HoldRow.status == "held",
        HoldRow.id.in_(select(HoldLineRow.hold_id).where(HoldLineRow.portion_id.in_(set(portion_ids)))),
    )
    return list((await session.execute(query.order_by(HoldRow.id.desc()))).scalars())


def holds_seen_by(scope: Scope) -> Select[HoldRow]:
    """The holds of a pilot, of a bank or of a collector."""
    row = HoldRow
    return within(
        select(row), row, scope, subject=lambda party: row.collector_id == party, bank=lambda bank: row.bank_id == bank
    )


def holds_like(query: Select[HoldRow], **columns: Any) -> Select[HoldRow]:
    """Those of a query's holds that are asked for."""
    return narrowed(query, HoldRow, columns)
